// Enroll and verify through the client that Kiota made: <url> <key> <folder of clips>.
// Prints what the client understood of each answer, as JSON.
using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Http.HttpClientLibrary;
using SpeakerRecognition;
using SpeakerRecognition.Models;

public static class Recognize
{
    private const string Nobody = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9";

    public static async Task Main(string[] args)
    {
        var key = new ApiKeyAuthenticationProvider(
            args[1], "Ocp-Apim-Subscription-Key", ApiKeyAuthenticationProvider.KeyLocation.Header);
        var client = new SpeakerClient(new HttpClientRequestAdapter(key) { BaseUrl = args[0] });
        var profiles = client.Speaker.Verification.V20.TextIndependent.Profiles;
        Func<string, Stream> Clip = name => File.OpenRead(Path.Combine(args[2], name + ".wav"));

        var created = await profiles.PostAsync(new NewProfile { Locale = "en-us" });
        var profile = profiles[created!.ProfileId.ToString()!];
        var enrolled = await profile.Enrollments.PostAsync(
            Clip("enroll-1"), request => request.QueryParameters.IgnoreMinLength = true);
        var own = await profile.Verify.PostAsync(Clip("own"), request => request.QueryParameters.Details = true);
        var stranger = await profile.Verify.PostAsync(Clip("stranger"));
        var refused = await Refused(() => profiles[Nobody].Verify.PostAsync(Clip("own")));
        await profile.DeleteAsync();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            enrollmentStatus = enrolled!.EnrollmentStatus.ToString(),
            own = own!.RecognitionResult.ToString(),
            score = own.Score,
            modelVersion = own.Details!.ModelVersion,
            stranger = stranger!.RecognitionResult.ToString(),
            refused = new object?[] { refused.ResponseStatusCode, refused.Error?.Code },
            deleted = 204,
        }));
    }

    private static async Task<ErrorResponse> Refused(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (ErrorResponse problem)
        {
            return problem;
        }
        throw new InvalidOperationException("not refused");
    }
}

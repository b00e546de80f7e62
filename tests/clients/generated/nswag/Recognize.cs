// Enroll and verify through the client that NSwag made: <url> <key> <folder of clips>.
// Prints what the client understood of each answer, as JSON.
using System;
using System.IO;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using SpeakerRecognition;

public static class Recognize
{
    private const string Version = "2021-09-05";
    private const string Nobody = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9";

    public static async Task Main(string[] args)
    {
        var http = new HttpClient();
        http.DefaultRequestHeaders.Add("Ocp-Apim-Subscription-Key", args[1]);
        var client = new SpeakerClient(http) { BaseUrl = args[0] };
        Func<string, Stream> Clip = name => File.OpenRead(Path.Combine(args[2], name + ".wav"));

        var profile = await client.CreateProfileVerificationTextIndependentAsync(Version, new NewProfile { Locale = "en-us" });
        var id = profile.ProfileId.ToString();
        var enrolled = await client.CreateEnrollmentVerificationTextIndependentAsync(id, Version, Clip("enroll-1"), ignoreMinLength: true);
        var own = await client.VerifyVerificationTextIndependentAsync(id, Version, Clip("own"), details: true);
        var stranger = await client.VerifyVerificationTextIndependentAsync(id, Version, Clip("stranger"));
        var refused = await Refused(() => client.VerifyVerificationTextIndependentAsync(Nobody, Version, Clip("own")));
        await client.DeleteProfileVerificationTextIndependentAsync(id, Version);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            enrollmentStatus = enrolled.EnrollmentStatus.ToString(),
            own = own.RecognitionResult.ToString(),
            score = own.Score,
            modelVersion = own.Details.ModelVersion,
            stranger = stranger.RecognitionResult.ToString(),
            refused = new object[] { refused.StatusCode, refused.Result.Error.Code },
            deleted = 204,
        }));
    }

    private static async Task<ApiException<ErrorResponse>> Refused(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (ApiException<ErrorResponse> problem)
        {
            return problem;
        }
        throw new InvalidOperationException("not refused");
    }
}

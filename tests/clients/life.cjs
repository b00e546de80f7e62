// The life of a profile through the published JavaScript SDK: node life.cjs <package> <host> <key> <folder of clips>
// Prints what the SDK understood of each answer, as JSON.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const [name, host, key, folder] = process.argv.slice(2);
const sdk = require(name);

// The one line that changes in a user's program.
function pointed() {
  if (name.endsWith("-2021-09-05")) return sdk.SpeechConfig.fromHost(new URL(host), key);
  const config = sdk.SpeechConfig.fromSubscription(key, "westus");
  config.setProperty(sdk.PropertyId.SpeechServiceConnection_Host, `${host}/speaker/{mode}/v2.0/{dependency}`);
  return config;
}

const clip = (file) => sdk.AudioConfig.fromWavFileInput(readFileSync(join(folder, file)));

// Most methods of 1.18 take two callbacks more; those of 1.26 give promises.
const call = (object, method, ...args) =>
  object[method].length > args.length
    ? new Promise((done, failed) => object[method](...args, done, failed))
    : object[method](...args);

const understood = (result) => ({ reason: sdk.ResultReason[result.reason], ...result.enrollmentResultDetails });

async function recognized(config, model, file) {
  const recognizer = new sdk.SpeakerRecognizer(config, clip(file));
  const result = await call(recognizer, "recognizeOnceAsync", model);
  return { reason: sdk.ResultReason[result.reason], profileId: result.profileId, score: result.score };
}

async function enrolled(client, type, file) {
  const profile = await call(client, "createProfileAsync", type, "en-us");
  const result = await call(client, "enrollProfileAsync", profile, clip(file));
  return { profile, enrollment: understood(result) };
}

async function ended(client, profile) {
  const reset = await call(client, "resetProfileAsync", profile);
  const status = await call(client, "retrieveEnrollmentResultAsync", profile);
  const deleted = await call(client, "deleteProfileAsync", profile);
  return {
    reset: sdk.ResultReason[reset.reason],
    countAfterReset: understood(status).enrollmentsCount,
    deleted: sdk.ResultReason[deleted.reason],
  };
}

async function life(type, modelOf) {
  const client = new sdk.VoiceProfileClient(pointed());
  const phrases = await call(client, "getActivationPhrasesAsync", type, "en-us");
  const { profile, enrollment } = await enrolled(client, type, "enroll.wav");
  const other = await enrolled(client, type, "other.wav");
  const got = await call(client, "retrieveEnrollmentResultAsync", profile);
  const all = await call(client, "getAllProfilesAsync", type);
  const model = modelOf(profile, other.profile);
  return {
    phrases: phrases.phrases,
    profileId: profile.profileId,
    enrollment,
    got: understood(got),
    listed: all.map((one) => understood(one).profileId),
    own: await recognized(pointed(), model, "test.wav"),
    stranger: await recognized(pointed(), model, "stranger.wav"),
    ...(await ended(client, profile)),
  };
}

async function main() {
  const verified = await life(sdk.VoiceProfileType.TextIndependentVerification, (profile) =>
    sdk.SpeakerVerificationModel.fromProfile(profile),
  );
  const identified = await life(sdk.VoiceProfileType.TextIndependentIdentification, (...profiles) =>
    sdk.SpeakerIdentificationModel.fromProfiles(profiles),
  );
  console.log(JSON.stringify({ verified, identified }, null, 1));
}

main().then(
  () => process.exit(0),
  (problem) => {
    console.error(problem);
    process.exit(1);
  },
);

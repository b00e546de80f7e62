// The life of a profile through the published JavaScript SDK: node life.cjs <package> <host> <key> <folder of clips>
// Prints what the SDK understood of each answer, as JSON.
const { readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");

const [name, host, key, folder] = process.argv.slice(2);
const sdk = require(name);

const TYPES = {
  "verification/text-dependent": sdk.VoiceProfileType.TextDependentVerification,
  "verification/text-independent": sdk.VoiceProfileType.TextIndependentVerification,
  "identification/text-independent": sdk.VoiceProfileType.TextIndependentIdentification,
};

// The one line that changes in a user's program.
function pointed() {
  if (name.endsWith("-2021-09-05")) return sdk.SpeechConfig.fromHost(new URL(host), key);
  const config = sdk.SpeechConfig.fromSubscription(key, "westus");
  config.setProperty(sdk.PropertyId.SpeechServiceConnection_Host, `${host}/speaker/{mode}/v2.0/{dependency}`);
  return config;
}

// Most methods of 1.18 take two callbacks more; those of 1.26 give promises.
const call = (object, method, ...args) =>
  object[method].length > args.length
    ? new Promise((done, failed) => object[method](...args, done, failed))
    : object[method](...args);

const understood = (result) => ({
  reason: sdk.ResultReason[result.reason],
  error: result.errorDetails,
  ...result.enrollmentResultDetails,
});

const audio = (file) => sdk.AudioConfig.fromWavFileInput(readFileSync(file));

const enroll = async (client, profile, file) =>
  understood(await call(client, "enrollProfileAsync", profile, audio(file)));

async function enrolled(client, type, files) {
  const profile = await call(client, "createProfileAsync", type, "en-us");
  const answers = [];
  for (const file of files) answers.push(await enroll(client, profile, file));
  return { profile, answers };
}

async function recognized(model, file) {
  const recognizer = new sdk.SpeakerRecognizer(pointed(), audio(file));
  const result = await call(recognizer, "recognizeOnceAsync", model);
  return { reason: sdk.ResultReason[result.reason], profileId: result.profileId, score: result.score };
}

async function ended(client, profile) {
  const reset = await call(client, "resetProfileAsync", profile);
  const status = await call(client, "retrieveEnrollmentResultAsync", profile);
  const deleted = await call(client, "deleteProfileAsync", profile);
  return {
    reset: sdk.ResultReason[reset.reason],
    afterReset: understood(status),
    deleted: sdk.ResultReason[deleted.reason],
  };
}

const modelOf = (mode, profiles) =>
  mode === "identification"
    ? sdk.SpeakerIdentificationModel.fromProfiles(profiles)
    : sdk.SpeakerVerificationModel.fromProfile(profiles[0]);

async function life(family) {
  const [mode, dependency] = family.split("/");
  const clip = (clipName) => join(folder, dependency, `${clipName}.wav`);
  const clips = (word) =>
    readdirSync(join(folder, dependency))
      .filter((file) => file.startsWith(`${word}-`))
      .sort()
      .map((file) => join(folder, dependency, file));
  const type = TYPES[family];
  const client = new sdk.VoiceProfileClient(pointed());
  const phrases = await call(client, "getActivationPhrasesAsync", type, "en-us");
  const { profile, answers } = await enrolled(client, type, clips("enroll"));
  const other = await enrolled(client, type, clips("other"));
  const refused = await enroll(client, profile, clip("refused"));
  const got = await call(client, "retrieveEnrollmentResultAsync", profile);
  const all = await call(client, "getAllProfilesAsync", type);
  const model = modelOf(mode, [profile, other.profile]);
  return {
    phrases: phrases.phrases,
    profileId: profile.profileId,
    enrolled: answers,
    refused,
    got: understood(got),
    listed: all.map(understood),
    own: await recognized(model, clip("own")),
    otherwise: await recognized(model, clip("otherwise")),
    stranger: await recognized(model, clip("stranger")),
    ...(await ended(client, profile)),
  };
}

async function main() {
  const lives = {};
  for (const family of Object.keys(TYPES)) lives[family] = await life(family);
  console.log(JSON.stringify(lives, null, 1));
}

main().then(
  () => process.exit(0),
  (problem) => {
    console.error(problem);
    process.exit(1);
  },
);

// Enroll and verify through openapi-fetch, with the types that openapi-typescript made.
// node recognize.js <url> <key> <folder of clips>; prints what the client understood of each answer, as JSON.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import createClient from "openapi-fetch";
import type { paths } from "./types";

const [baseUrl, key, folder] = process.argv.slice(2) as [string, string, string];
const NOBODY = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9";
const PROFILES = "/speaker-recognition/verification/text-independent/profiles";
const version = { "api-version": "2021-09-05" } as const;

const client = createClient<paths>({ baseUrl, headers: { "Ocp-Apim-Subscription-Key": key } });
const sound = { headers: { "Content-Type": "audio/wav" }, bodySerializer: (body: Blob) => body };
const clip = (name: string) => new Blob([readFileSync(join(folder, `${name}.wav`))]);

const verify = (profileId: string, name: string) =>
  client.POST(`${PROFILES}/{profileId}:verify`, {
    params: { path: { profileId }, query: { ...version, details: true } },
    body: clip(name),
    ...sound,
  });

const created = await client.POST(PROFILES, { params: { query: version }, body: { locale: "en-us" } });
const profileId = created.data!.profileId;
const enrolled = await client.POST(`${PROFILES}/{profileId}/enrollments`, {
  params: { path: { profileId }, query: { ...version, ignoreMinLength: true } },
  body: clip("enroll-1"),
  ...sound,
});
const own = await verify(profileId, "own");
const stranger = await verify(profileId, "stranger");
const refused = await verify(NOBODY, "own");
const deleted = await client.DELETE(`${PROFILES}/{profileId}`, { params: { path: { profileId }, query: version } });

console.log(
  JSON.stringify({
    enrollmentStatus: enrolled.data!.enrollmentStatus,
    own: own.data!.recognitionResult,
    score: own.data!.score,
    modelVersion: own.data!.details!.modelVersion,
    stranger: stranger.data!.recognitionResult,
    refused: [refused.response.status, refused.error!.error.code],
    deleted: deleted.response.status,
  }),
);

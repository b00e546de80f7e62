// The last call in other languages. The key is never part of it: each reads it from the environment.

import { KEY_HEADER } from "./api.js";

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function curl({ method, url, json, audio }) {
  return [
    `curl ${method === "POST" || method === "GET" ? "" : `-X ${method} `}${quoted(url)}`,
    `-H "${KEY_HEADER}: $SPEAKER_KEY"`,
    ...(json ? ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(json))}`] : []),
    ...(audio ? ["-H 'Content-Type: audio/wav'", "--data-binary @clip.wav"] : []),
    ...(method === "POST" && !json && !audio ? ["-d ''"] : []),
  ].join(" \\\n  ");
}

function python({ method, url, json, audio }) {
  return [
    "import os",
    "import requests",
    "",
    "answer = requests.request(",
    `    ${JSON.stringify(method)},`,
    `    ${JSON.stringify(url)},`,
    `    headers={"${KEY_HEADER}": os.environ["SPEAKER_KEY"]},`,
    ...(json ? [`    json=${JSON.stringify(json)},`] : []),
    ...(audio ? ['    data=open("clip.wav", "rb"),'] : []),
    ")",
    "print(answer.status_code, answer.text)",
  ].join("\n");
}

function javascript({ method, url, json, audio }) {
  return [
    ...(audio ? ['import { readFile } from "node:fs/promises";', ""] : []),
    `const answer = await fetch(${JSON.stringify(url)}, {`,
    `  method: ${JSON.stringify(method)},`,
    `  headers: { "${KEY_HEADER}": process.env.SPEAKER_KEY },`,
    ...(json ? [`  body: JSON.stringify(${JSON.stringify(json)}),`] : []),
    ...(audio ? ['  body: await readFile("clip.wav"),'] : []),
    "});",
    "console.log(answer.status, await answer.text());",
  ].join("\n");
}

/** Writers, by the name of the language. */
export const LANGUAGES = { curl, Python: python, JavaScript: javascript };

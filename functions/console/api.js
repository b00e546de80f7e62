// The service as this page calls it. The key lives in a field of the client, and nowhere else.

const VERSION = "2021-09-05";
const ROOT = new URL("../speaker-recognition/", import.meta.url);

export const NOBODY = "00000000-0000-0000-0000-000000000000";
export const KEY_HEADER = "Ocp-Apim-Subscription-Key";

/** The families of profiles, by what people do with them. */
export const FAMILIES = {
  free: "verification/text-independent",
  phrase: "verification/text-dependent",
  among: "identification/text-independent",
};

/** An answer that is none: status 0 where nobody answered. */
export class Failure extends Error {
  constructor(status, message = "", retryAfter = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** One operator's access to the service; `onCall` is told of each call before it is sent. */
export class Client {
  constructor(onCall) {
    this.key = "";
    this.onCall = onCall;
  }

  create(family, locale) {
    return this.#call("POST", `${FAMILIES[family]}/profiles`, {}, { json: { locale } });
  }

  /** A page of profiles, and the token of the next one, or null. */
  async list(family, size, token) {
    const query = { maxpagesize: size, ...(token && { $continuationToken: token }) };
    const answer = await this.#call("GET", `${FAMILIES[family]}/profiles`, query);
    const next = answer.nextLink && new URL(answer.nextLink).searchParams.get("$continuationToken");
    return { profiles: answer.value, next: next || null };
  }

  read(family, id) {
    return this.#call("GET", `${FAMILIES[family]}/profiles/${id}`, { details: true });
  }

  remove(family, id) {
    return this.#call("DELETE", `${FAMILIES[family]}/profiles/${id}`);
  }

  reset(family, id) {
    return this.#call("POST", `${FAMILIES[family]}/profiles/${id}:reset`);
  }

  async phrases(family, locale) {
    const answer = await this.#call("GET", `${FAMILIES[family]}/phrases/${encodeURIComponent(locale)}`);
    return answer.value.map((phrase) => phrase.passPhrase ?? phrase.activationPhrase);
  }

  enroll(family, id, audio, short) {
    return this.#recognize(`${FAMILIES[family]}/profiles/${id}/enrollments`, audio, short);
  }

  verify(family, id, audio, short) {
    return this.#recognize(`${FAMILIES[family]}/profiles/${id}:verify`, audio, short);
  }

  /** Among ids of profiles, a group, or everyone: `{ profileIds }` or `{ groupId }`. */
  identify(among, audio, short) {
    return this.#recognize(`${FAMILIES.among}/profiles:identifySingleSpeaker`, audio, short, among);
  }

  /** The first groups of a family. */
  async groups(family) {
    return (await this.#call("GET", `${FAMILIES[family]}/groups`)).value;
  }

  makeGroup(family, group, displayName) {
    return this.#call("PUT", `${FAMILIES[family]}/groups/${encodeURIComponent(group)}`, {}, { json: { displayName } });
  }

  removeGroup(family, group) {
    return this.#call("DELETE", `${FAMILIES[family]}/groups/${group}`);
  }

  /** The first profiles of a group. */
  async members(family, group) {
    return (await this.#call("GET", `${FAMILIES[family]}/groups/${group}/profiles`)).value;
  }

  /** Put a profile into a group or, with "remove", take it out. */
  change(how, family, group, id) {
    const json = { profileIds: [id] };
    return this.#call("POST", `${FAMILIES[family]}/groups/${group}/profiles:${how}`, {}, { json });
  }

  #recognize(path, audio, short, more = {}) {
    const waived = short && !path.includes("text-dependent") ? { ignoreMinLength: true } : {};
    return this.#call("POST", path, { ...more, ...waived, details: true }, { audio });
  }

  async #call(method, path, query = {}, { json, audio } = {}) {
    const url = new URL(path, ROOT);
    url.search = new URLSearchParams({ "api-version": VERSION, ...query });
    this.onCall({ method, url: url.href, json, audio: audio !== undefined });
    return readAnswer(await this.#send(url, method, json ? JSON.stringify(json) : audio, json));
  }

  async #send(url, method, body, json) {
    const headers = {
      ...(this.key && { [KEY_HEADER]: this.key }),
      ...(body && { "Content-Type": json ? "application/json" : "audio/wav" }),
    };
    try {
      return await fetch(url, { method, body, headers, cache: "no-store", credentials: "same-origin" });
    } catch {
      throw new Failure(0);
    }
  }
}

async function readAnswer(response) {
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : null;
  throw new Failure(response.status, messageIn(text), response.headers.get("Retry-After"));
}

/** What the service says; a host or a front end that refuses by itself may say anything. */
function messageIn(text) {
  try {
    return String(JSON.parse(text).error.message);
  } catch {
    return "";
  }
}

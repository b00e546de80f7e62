// Every word that the page says by itself. Another language is another table of this shape, and a line in LANGUAGES.

const one = (value) => (value === null ? "–" : value.toFixed(1));
const percent = (value) => `${(100 * value).toFixed(value < 0.1 && value > 0 ? 1 : 0)} %`;

const english = {
  title: "Speaker recognition",
  lead: "Try the service with your own voice. Nothing is sent anywhere but to this service.",
  skip: "Skip to the content",
  key: {
    label: "Key",
    note: "Kept in the memory of this page: it is gone when the page is closed or reloaded. A local host without keys needs none.",
    use: "Use this key",
    used: "The key is in use.",
  },
  views: { enroll: "Enroll", verify: "Verify", identify: "Identify", voices: "Voices", groups: "Groups", accuracy: "Accuracy" },
  busy: "The service is listening …",
  loading: "Asking the service …",

  families: { free: "Verify, free speech", phrase: "Verify, passphrase", among: "Identify among several" },
  family: "What the voice is for",
  voice: {
    label: "Voice",
    none: "No voice yet: make one first.",
    noneEnrolled: "No enrolled voice yet: enroll one first.",
    choose: "Choose a voice",
    make: "Make a new voice",
    made: (name) => `${name} is made.`,
    name: "Name",
    nameNote: "The name stays in this browser. The service knows a voice by a random id only.",
    locale: "Language",
    more: "Only the first 100 voices are listed. Choose any other under Voices.",
    status: { Enrolled: "enrolled", Enrolling: "enrolling", Training: "training" },
    option: (name, status) => `${name} (${status})`,
  },
  consent:
    "This person knows that a voice signature, which is biometric data, is made of the recordings and kept with them, and agrees to it.",
  consentFirst: "Tick the box above before you record.",

  recorder: {
    record: "Record",
    stop: "Stop and send",
    file: "Or choose a file",
    drop: "or drop it here",
    heard: (speech, seconds) => `${one(speech)} s of speech in ${one(seconds)} s`,
    estimate: "A guess while you speak. The service counts what it hears itself.",
    began: "Recording.",
    ended: "The recording is sent.",
    empty: "Nothing was recorded.",
    short: "Take short clips as well (ignoreMinLength)",
    microphone: {
      NotAllowedError: [
        "The microphone may not be used.",
        "Allow it in the browser's settings for this page, or choose a file.",
      ],
      NotFoundError: ["There is no microphone.", "Plug one in, or choose a file."],
      NotReadableError: ["The microphone does not answer.", "Close other programs that use it, or choose a file."],
      insecure: [
        "The browser lends no microphone to this page.",
        "Open it over https, or on this machine by 127.0.0.1; or choose a file.",
      ],
      other: (message) => ["The microphone failed.", message],
    },
  },

  heard: {
    title: "What the service heard",
    speech: (speech, length) => `${one(speech)} s of speech in ${one(length)} s.`,
    snr: (snr) =>
      snr === null ? "No voice stands out of the noise." : `The voice stands ${one(snr)} dB out of the noise.`,
    clipping: (clipped) =>
      clipped === 0 ? "Nothing is overdriven." : `${percent(clipped)} of the sound is cut off at full volume.`,
    band: (hertz, narrow) =>
      `There is sound up to ${one(hertz / 1000)} kHz${narrow ? ": a telephone's band." : "."}`,
    good: "There is nothing to do better.",
    better: "To do better:",
    agreement: (llr) => `Agreement with the earlier clips: a log-likelihood ratio of ${one(llr)}.`,
    said: (phrase) => `Said: “${phrase}”.`,
    notSaid: (phrase, distance) =>
      `Not said. Of the phrases, what was heard is most like “${phrase}”; ${percent(Math.min(1, distance))} of its letters were heard otherwise.`,
  },

  enroll: {
    title: "Enroll a voice",
    lead: "Record until the ring is full. Several short recordings are as good as a long one.",
    ring: (value, goal) => `${one(value)} of ${one(goal)} seconds of speech`,
    clips: (value, goal) => `${value} of ${goal} clips`,
    seconds: (value) => `${one(value)} s`,
    count: (value, goal) => `${value}/${goal}`,
    enrolled: "Enrolled: the voice can be recognized.",
    remaining: (seconds) => `Enrolling: ${one(seconds)} more seconds of speech are needed.`,
    remainingClips: (clips) => `Enrolling: the phrase has to be said ${clips} more time(s).`,
    phrases: "Say one of these, and the same one each time:",
    phrase: (phrase) => `Say: “${phrase}”`,
    record: "Record speech to enroll",
  },

  verify: {
    title: "Verify a voice",
    lead: "Is it who it is said to be?",
    record: "Record speech to verify",
    Accept: (name) => `Accept: this is ${name}.`,
    Reject: (name) => `Reject: this is not ${name}, or not clearly.`,
    gauge: (score, result) => `Score ${score.toFixed(3)} on a scale from 0 to 1, accepted from 0.5: ${result}`,
    point: "operating point 0.5",
    score: "Score",
    llr: "Log-likelihood ratio (LLR)",
    threshold: "Accepted from",
    margin: "Margin",
    cosine: "Cosine",
  },

  identify: {
    title: "Identify a voice",
    lead: "Which of these voices is it, or none of them?",
    among: "Among whom",
    chosen: "Chosen voices",
    everyone: "Everyone who is enrolled",
    candidates: "Chosen voices (50 at most)",
    tooFew: "Choose at least one voice.",
    record: "Record speech to identify",
    somebody: (name) => `This is ${name}.`,
    nobody: "Nobody: it is none of these voices, or not clearly.",
    compared: (count, threshold) =>
      `Compared with ${count} voice(s): the best is named from a log-likelihood ratio of ${one(threshold)}.`,
    ranking: "Scores, with the operating point 0.5 as a line",
    note: (score, llr) => `${score.toFixed(3)}, LLR ${one(llr)}`,
    margin: (margin) => `The best leads the next by a log-likelihood ratio of ${one(margin)}.`,
  },

  voices: {
    title: "Voices",
    lead: "Names stay in this browser. The service knows ids only.",
    columns: ["Name", "Id", "Status", "Speech", "Model", "Audio kept", "Do"],
    nameOf: (id) => `Name of ${id}`,
    speech: (seconds, clips) => `${one(seconds)} s in ${clips} clip(s)`,
    kept: (clips) => `${clips} clip(s)`,
    unknown: "–",
    choose: "Choose",
    chosen: "Chosen",
    isChosen: (name) => `${name} is chosen in the other views.`,
    reset: "Reset",
    remove: "Delete",
    sure: { remove: "Delete for ever", reset: "Forget what was enrolled" },
    cancel: "Keep",
    done: { remove: (name) => `${name} is deleted.`, reset: (name) => `${name} is back at its beginning.` },
    action: (action, name) => `${action}: ${name}`,
    empty: "No voices here.",
    first: "First page",
    next: "Next page",
    page: (number) => `Page ${number}`,
  },

  groups: {
    title: "Groups",
    lead: "A group is some voices under an id of yours: the staff of a branch, a household, a watchlist.",
    label: "Group",
    none: "No group yet: make one first.",
    choose: "Choose a group",
    id: "Id of the new group",
    idNote: "1 to 64 of a to z, 0 to 9, - and _. The service keeps id and description: put no names of people into them.",
    name: "Description",
    make: "Make the group",
    made: (id) => `The group ${id} is made.`,
    removed: (id) => `The group ${id} is deleted. Its voices stay.`,
    add: "Add the voice",
    take: "Take out",
    members: "Voices in the group",
    empty: "Nobody is in it.",
    remove: "Delete the group",
    sure: "Delete the group; its voices stay",
    changed: { add: (name) => `${name} is in the group.`, remove: (name) => `${name} is out of the group.` },
  },

  accuracy: {
    title: "Accuracy",
    lead: "How often the service is wrong, as it was measured on the recordings that docs/accuracy.md names. Yours may be harder: measure on them.",
    point: (threshold) =>
      `The operating point of this service: the score 0.5 stood for a log-likelihood ratio of ${threshold.toFixed(2)} in the last verification.`,
    noPoint: "Verify a voice, and the operating point of this service stands here.",
    pictures: {
      "accuracy-det.svg": "Error trade-off by kind of speech: strangers accepted against speakers refused",
      "accuracy-scores.svg": "Scores of the same and of different speakers, with the operating point of 0.1 % as a line",
      "accuracy-channels.svg": "Speakers refused, by channel of the test",
    },
  },

  code: { title: "The same in code", note: "The last call. Put your key into the variable SPEAKER_KEY.", language: "Language" },

  problems: {
    0: ["The service does not answer.", "Is it running, and is there a network? Then try again."],
    400: ["", "Nothing was kept of it. Try again with what it asks for."],
    401: ["", "Type a key that may do this at the top of the page."],
    403: ["", "Use another key, or make room."],
    404: ["", "It may have been deleted, here or in another window. Choose another voice."],
    409: ["", "Another window changed the voice at the same time. Send the clip again."],
    413: ["The clip is larger than the service takes.", "Record or cut a shorter one."],
    415: ["", "Choose an uncompressed file."],
    429: ["The service is called too often.", "Wait a moment, and try again."],
    500: ["", "Tell whoever runs the service: its log says more."],
    503: ["", "Wait a moment, and try again. If it stays so, tell whoever runs the service."],
    wait: (seconds) => `Try again in ${seconds} second(s).`,
    other: (status) => `The service answered ${status}.`,
    unknown: ["The page failed.", "Reload it, and tell whoever runs the service."],
  },
};

const LANGUAGES = { en: english };

export const text = LANGUAGES[document.documentElement.lang] ?? english;

/** What went wrong, and what to do about it. */
export function explained(failure) {
  if (!("status" in failure)) return text.problems.unknown;
  const [fallback, advice] = text.problems[failure.status] ?? [text.problems.other(failure.status), ""];
  const wait = failure.retryAfter ? text.problems.wait(failure.retryAfter) : advice;
  return [failure.message || fallback || text.problems.other(failure.status), wait];
}

/** Why there is no microphone, and what to do about it. */
export function explainedMicrophone(problem) {
  const known = text.recorder.microphone;
  if (!navigator.mediaDevices) return known.insecure;
  return known[problem.name] ?? known.other(problem.message);
}

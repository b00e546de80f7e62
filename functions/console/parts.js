// What several views are made of.

import { fromFile, Microphone } from "./audio.js";
import { LANGUAGES } from "./code.js";
import { FAMILIES } from "./api.js";
import { Meter } from "./drawing.js";
import { explained, explainedMicrophone, text } from "./text.js";
import { html, useEffect, useRef, useState } from "./vendor/preact.js";

const LISTED = 100;
const KNOWN = new Set(["NotAllowedError", "NotFoundError", "NotReadableError"]);

/** What was asked for is not wanted any more. */
class Overtaken extends Error {}

/** Something to do with the service: whether it runs, what went wrong, and what runs it. Answers may come in another
 * order than they were asked for: work is given `latest`, which lets one through, or its failure, only while nothing
 * newer runs. Whatever else fails is told all the same: it was done, not asked for. */
export function useTask() {
  const [state, setState] = useState({ busy: false, problem: null });
  const begun = useRef(0);
  async function run(work) {
    const turn = ++begun.current;
    const wanted = () => turn === begun.current;
    const latest = async (asked) => {
      const [answered] = await Promise.allSettled([asked]);
      if (!wanted()) throw new Overtaken();
      if (answered.status === "rejected") throw answered.reason;
      return answered.value;
    };
    setState({ busy: true, problem: null });
    try {
      await work(latest);
      if (wanted()) setState({ busy: false, problem: null });
    } catch (failure) {
      if (!(failure instanceof Overtaken)) setState({ busy: false, problem: explained(failure) });
    }
  }
  return { ...state, run, fail: (problem) => setState({ busy: false, problem }) };
}

/** The first voices of a family; they are asked for again when the key changes. */
export function useVoices(session, family) {
  const [voices, setVoices] = useState([]);
  const [more, setMore] = useState(false);
  const task = useTask();
  const reload = () =>
    task.run(async (latest) => {
      const { profiles, next } = await latest(session.client.list(family, LISTED));
      setVoices(profiles);
      setMore(next !== null);
    });
  useEffect(() => {
    setVoices([]);
    reload();
  }, [family, session.revision]);
  return { voices, more, reload, task };
}

/** The first groups of a family. */
export function useGroups(session, family) {
  const [groups, setGroups] = useState([]);
  const task = useTask();
  const reload = () => task.run(async (latest) => setGroups(await latest(session.client.groups(family))));
  useEffect(() => {
    setGroups([]);
    reload();
  }, [family, session.revision]);
  return { groups, reload, task };
}

/** What went wrong and what to do, said at once. Its place is always there, so that nothing beside it moves. */
export function Problem({ task }) {
  const [what, advice] = task.problem ?? [];
  return html`<div>
    ${what && html`<p class="problem" role="alert"><strong>${what}</strong> ${advice}</p>`}
  </div>`;
}

/** Which family. */
export function FamilyChoice({ families = Object.keys(FAMILIES), value, onChange }) {
  return html`
    <fieldset class="choice">
      <legend>${text.family}</legend>
      ${families.map(
        (family) => html`
          <label key=${family}>
            <input type="radio" name="family" value=${family} checked=${family === value}
              onChange=${() => onChange(family)} />
            ${text.families[family]}
          </label>
        `,
      )}
    </fieldset>
  `;
}

/** Which voice of a family, of those that are listed and the one that was chosen elsewhere. */
export function VoiceChoice({ session, family, list, enrolled }) {
  const chosen = session.chosen[family] ?? "";
  const fit = list.voices.filter((voice) => !enrolled || voice.enrollmentStatus === "Enrolled");
  const listed = fit.some((voice) => voice.profileId === chosen);
  const optionOf = ({ profileId, enrollmentStatus }) =>
    text.voice.option(session.nameOf(profileId), text.voice.status[enrollmentStatus]);
  const none = enrolled ? text.voice.noneEnrolled : text.voice.none;
  return html`
    <div>
      <label class="field">
        ${text.voice.label}
        <select value=${chosen} onChange=${(event) => session.choose(family, event.target.value)}>
          <option value="">${fit.length ? text.voice.choose : none}</option>
          ${chosen && !listed && html`<option value=${chosen}>${session.nameOf(chosen)}</option>`}
          ${fit.map((voice) => html`<option key=${voice.profileId} value=${voice.profileId}>${optionOf(voice)}</option>`)}
        </select>
      </label>
      ${list.more && html`<p class="note">${text.voice.more}</p>`}
    </div>
  `;
}

/** Audio, from the microphone or a file; `onClip(audio, short)` is given it, and awaited. */
export function Recorder({ session, title, why, short, onClip }) {
  const [heard, setHeard] = useState(null);
  const [takeShort, setTakeShort] = useState(false);
  const microphone = useRef(null);
  const task = useTask();
  const locked = Boolean(why) || task.busy;
  const gone = useRef(false);
  useEffect(() => () => {
    gone.current = true;
    microphone.current?.stop();
  }, []);

  async function record() {
    if (locked) return;
    try {
      setHeard({ level: -99, speech: 0, seconds: 0 });
      task.fail(null);
      microphone.current = await Microphone.open(setHeard);
      if (gone.current) return microphone.current.stop();
      session.say(text.recorder.began);
    } catch (problem) {
      setHeard(null);
      task.fail(explainedMicrophone(problem));
      if (navigator.mediaDevices && !KNOWN.has(problem.name)) console.warn(problem);
    }
  }

  const send = (audio) =>
    task.run(async () => {
      session.say(text.recorder.ended);
      await onClip(audio, takeShort);
    });

  async function stop() {
    const open = microphone.current;
    microphone.current = null;
    const clip = await open?.stop();
    setHeard(null);
    if (clip) await send(clip);
  }

  const take = async (files) => files.length && !locked && send(await fromFile(files[0]));
  return html`
    <section class="recorder" aria-label=${title} aria-busy=${task.busy}
      onDragOver=${(event) => event.preventDefault()}
      onDrop=${(event) => (event.preventDefault(), take(event.dataTransfer.files))}>
      <div>${why && html`<p class="note">${why}</p>`}</div>
      <div class="row">
        <button class=${heard ? "recording" : "main"} disabled=${Boolean(why)} aria-disabled=${task.busy}
          onClick=${heard ? stop : record}>
          ${heard ? text.recorder.stop : text.recorder.record}
        </button>
        <label class="file">
          ${text.recorder.file}
          <input type="file" accept="audio/*,video/webm,video/mp4,.mka,.opus,.flac" disabled=${locked || Boolean(heard)}
            onChange=${(event) => take([...event.target.files]).then(() => (event.target.value = ""))} />
          <span class="note">${text.recorder.drop}</span>
        </label>
      </div>
      <div>${heard && html`<${Live} heard=${heard} />`}</div>
      <div>${short && html`<${Tick} value=${takeShort} onChange=${setTakeShort}>${text.recorder.short}<//>`}</div>
      <div role="status">${task.busy && text.busy}</div>
      <${Problem} task=${task} />
    </section>
  `;
}

function Live({ heard }) {
  return html`
    <div class="live">
      <${Meter} level=${heard.level} />
      <p><span class="number">${text.recorder.heard(heard.speech, heard.seconds)}</span></p>
      <p class="note">${text.recorder.estimate}</p>
    </div>
  `;
}

/** A box to tick. */
export function Tick({ value, onChange, children }) {
  return html`
    <label class="tick">
      <input type="checkbox" checked=${value} onChange=${(event) => onChange(event.target.checked)} />
      ${children}
    </label>
  `;
}

/** What the service measured of a clip, in words, and what it would rather have. */
export function Heard({ details }) {
  const say = text.heard;
  const hints = details.hints ?? [];
  return html`
    <section class="heard">
      <h3>${say.title}</h3>
      <ul>
        <li>${say.speech(details.speechLengthInSec, details.audioLengthInSec)}</li>
        <li>${say.snr(details.snrInDb)}</li>
        <li>${say.clipping(details.clippedShare)}</li>
        <li>${say.band(details.bandwidthInHz, details.narrowband)}</li>
        ${details.agreement && html`<li>${say.agreement(details.agreement.llr)}</li>`}
        ${details.phrase && html`<li>${spoken(details.phrase)}</li>`}
      </ul>
      ${hints.length === 0
        ? html`<p>${say.good}</p>`
        : html`<p>${say.better}</p><ul>${hints.map(({ code, message }) => html`<li key=${code}>${message}</li>`)}</ul>`}
    </section>
  `;
}

/** Whether a phrase was said, by the rule of the service: the sound where that was measured, or else the letters. */
function spoken({ nearest, distance, length, logLikelihood, llr, allowed }) {
  const near =
    llr === undefined
      ? distance <= allowed.distance
      : logLikelihood >= allowed.logLikelihood && llr >= allowed.llr;
  const long = length >= allowed.length && length <= 1 / allowed.length;
  return near && long ? text.heard.said(nearest) : text.heard.notSaid(nearest, distance);
}

/** The last call in other languages. */
export function Code({ call }) {
  const [language, setLanguage] = useState(Object.keys(LANGUAGES)[0]);
  if (!call) return null;
  return html`
    <details class="code">
      <summary>${text.code.title}</summary>
      <p class="note">${text.code.note}</p>
      <fieldset class="choice">
        <legend>${text.code.language}</legend>
        ${Object.keys(LANGUAGES).map(
          (name) => html`
            <label key=${name}>
              <input type="radio" name="language" checked=${name === language} onChange=${() => setLanguage(name)} />
              ${name}
            </label>
          `,
        )}
      </fieldset>
      <pre tabindex="0"><code>${LANGUAGES[language](call)}</code></pre>
    </details>
  `;
}

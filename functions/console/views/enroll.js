// Add speech to a voice until it can be recognized.

import { Ring } from "../drawing.js";
import { FamilyChoice, Heard, Problem, Recorder, Tick, useTask, useVoices, VoiceChoice } from "../parts.js";
import { text } from "../text.js";
import { html, useEffect, useState } from "../vendor/preact.js";

const LOCALE = "en-us";

export function Enroll({ session }) {
  const [family, setFamily] = useState("free");
  const [profile, setProfile] = useState(null);
  const list = useVoices(session, family);
  const task = useTask();
  const id = session.chosen[family];

  useEffect(() => {
    setProfile(null);
    if (id) task.run(async (latest) => setProfile(await latest(session.client.read(family, id))));
  }, [family, id, session.revision]);

  async function enroll(audio, short) {
    const answer = await session.client.enroll(family, id, audio, short);
    setProfile((shown) => (shown?.profileId === id ? { ...shown, ...answer, heard: answer.details } : shown));
    session.say(progress(answer));
    list.reload();
  }

  return html`
    <h2 tabindex="-1">${text.enroll.title}</h2>
    <p>${text.enroll.lead}</p>
    <${FamilyChoice} value=${family} onChange=${setFamily} />
    <${VoiceChoice} session=${session} family=${family} list=${list} />
    <${NewVoice} session=${session} family=${family} list=${list} />
    <${Problem} task=${list.task} />
    <${Problem} task=${task} />
    <div>${profile && html`<${Enrolling} key=${id} ...${{ session, family, profile, enroll }} />`}</div>
  `;
}

function Enrolling({ session, family, profile, enroll }) {
  const id = profile.profileId;
  const agreed = Boolean(session.agreed[id]);
  return html`
    <div>${family === "phrase" && html`<${Phrases} session=${session} profile=${profile} />`}</div>
    <${Tick} value=${agreed} onChange=${(yes) => session.agree(id, yes)}>${text.consent}<//>
    <${Recorder} session=${session} title=${text.enroll.record} short=${family !== "phrase"} onClip=${enroll}
      why=${agreed ? "" : text.consentFirst} />
    <${Progress} profile=${profile} />
    ${profile.heard && html`<${Heard} details=${profile.heard} />`}
  `;
}

function NewVoice({ session, family, list }) {
  const task = useTask();
  const make = (event) => {
    event.preventDefault();
    const form = event.target;
    const name = form.elements.name.value.trim();
    task.run(async () => {
      const { profileId } = await session.client.create(family, form.elements.locale.value.trim());
      session.name(profileId, name);
      session.choose(family, profileId);
      session.say(text.voice.made(name || profileId));
      form.reset();
      await list.reload();
    });
  };
  return html`
    <form class="new" onSubmit=${make}>
      <label class="field">
        ${text.voice.name}
        <input name="name" autocomplete="off" maxlength="80" />
      </label>
      <label class="field">
        ${text.voice.locale}
        <input name="locale" class="locale" defaultValue=${LOCALE} required maxlength="20" />
      </label>
      <button disabled=${task.busy}>${text.voice.make}</button>
      <p class="note">${text.voice.nameNote}</p>
      <${Problem} task=${task} />
    </form>
  `;
}

function Phrases({ session, profile }) {
  const [phrases, setPhrases] = useState([]);
  const task = useTask();
  useEffect(() => {
    task.run(async (latest) => setPhrases(await latest(session.client.phrases("phrase", profile.locale))));
  }, [profile.locale, session.revision]);
  if (profile.passPhrase) return html`<p class="phrase">${text.enroll.phrase(profile.passPhrase)}</p>`;
  return html`
    <p>${text.enroll.phrases}</p>
    <ul class="phrases">${phrases.map((phrase) => html`<li key=${phrase}>${phrase}</li>`)}</ul>
    <${Problem} task=${task} />
  `;
}

/** How far a profile is: clips where the family counts them, otherwise seconds of speech. */
function Progress({ profile }) {
  const counts = profile.remainingEnrollmentsCount !== undefined;
  const value = counts ? profile.enrollmentsCount : profile.enrollmentsSpeechLengthInSec;
  const rest = counts ? profile.remainingEnrollmentsCount : profile.remainingEnrollmentsSpeechLengthInSec;
  const goal = value + rest;
  const say = text.enroll;
  return html`
    <div class="progress">
      <${Ring} value=${value} goal=${goal} label=${counts ? say.clips(value, goal) : say.ring(value, goal)}>
        ${counts ? say.count(value, goal) : say.seconds(value)}
      <//>
      <p class=${profile.enrollmentStatus === "Enrolled" ? "good" : ""}>${progress(profile)}</p>
    </div>
  `;
}

function progress(profile) {
  if (profile.enrollmentStatus === "Enrolled") return text.enroll.enrolled;
  if (profile.remainingEnrollmentsCount !== undefined)
    return text.enroll.remainingClips(profile.remainingEnrollmentsCount);
  return text.enroll.remaining(profile.remainingEnrollmentsSpeechLengthInSec);
}

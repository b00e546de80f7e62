// Which of the chosen voices is it, or none of them?

import { NOBODY } from "../api.js";
import { Bars } from "../drawing.js";
import { Heard, Problem, Recorder, Tick, useVoices } from "../parts.js";
import { text } from "../text.js";
import { html, useState } from "../vendor/preact.js";

const MOST = 50;

export function Identify({ session }) {
  const list = useVoices(session, "among");
  const [left, setLeft] = useState({});
  const [answer, setAnswer] = useState(null);
  const enrolled = list.voices.filter((voice) => voice.enrollmentStatus === "Enrolled").map((voice) => voice.profileId);
  const ids = enrolled.filter((id) => !left[id]).slice(0, MOST);

  async function identify(audio, short) {
    setAnswer(null);
    const given = await session.client.identify(ids, audio, short);
    setAnswer(given);
    session.say(decision(session, given));
  }

  return html`
    <h2 tabindex="-1">${text.identify.title}</h2>
    <p>${text.identify.lead}</p>
    <${Problem} task=${list.task} />
    ${enrolled.length === 0
      ? html`<p>${text.voice.noneEnrolled}</p>`
      : html`
          <fieldset class="choice">
            <legend>${text.identify.candidates}</legend>
            ${enrolled.map(
              (id) => html`
                <${Tick} key=${id} value=${ids.includes(id)} onChange=${(yes) => setLeft({ ...left, [id]: !yes })}>
                  ${session.nameOf(id)}
                <//>
              `,
            )}
          </fieldset>
          <${Recorder} session=${session} title=${text.identify.record} short onClip=${identify}
            why=${ids.length ? "" : text.identify.tooFew} />
        `}
    ${list.more && html`<p class="note">${text.voice.more}</p>`}
    ${answer && html`<${Ranking} session=${session} answer=${answer} />`}
  `;
}

function decision(session, { identifiedProfile }) {
  if (identifiedProfile.profileId === NOBODY) return text.identify.nobody;
  return text.identify.somebody(session.nameOf(identifiedProfile.profileId));
}

function Ranking({ session, answer }) {
  const { identifiedProfile, profilesRanking, details } = answer;
  const known = identifiedProfile.profileId !== NOBODY;
  const llr = Object.fromEntries(details.ranking.map((of) => [of.profileId, of.llr]));
  const rows = profilesRanking.map(({ profileId, score }) => ({
    id: profileId,
    name: session.nameOf(profileId),
    note: text.identify.note(score, llr[profileId]),
    score,
  }));
  return html`
    <section class="decision">
      <p class=${known ? "good" : "bad"}>${decision(session, answer)}</p>
      <h3>${text.identify.ranking}</h3>
      <${Bars} rows=${rows} point=${0.5} />
      ${details.margin !== null && html`<p>${text.identify.margin(details.margin)}</p>`}
    </section>
    <${Heard} details=${details} />
  `;
}

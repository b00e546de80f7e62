// Which of the chosen voices, of a group, or of everyone is it, or none of them?

import { NOBODY } from "../api.js";
import { Bars } from "../drawing.js";
import { Heard, Problem, Recorder, Tick, useGroups, useVoices } from "../parts.js";
import { text } from "../text.js";
import { html, useState } from "../vendor/preact.js";
import { nameOf } from "./groups.js";

const MOST = 50;
const CHOSEN = "";
const EVERYONE = "*";

export function Identify({ session }) {
  const list = useVoices(session, "among");
  const [left, setLeft] = useState({});
  const [among, setAmong] = useState(CHOSEN);
  const [answer, setAnswer] = useState(null);
  const { groups } = useGroups(session, "among");
  const enrolled = list.voices.filter((voice) => voice.enrollmentStatus === "Enrolled").map((voice) => voice.profileId);
  const ids = enrolled.filter((id) => !left[id]).slice(0, MOST);

  async function identify(audio, short) {
    setAnswer(null);
    const given = await session.client.identify(asked(among, ids), audio, short);
    setAnswer({ ...given, among });
    session.say(decision(session, given));
  }

  return html`
    <h2 tabindex="-1">${text.identify.title}</h2>
    <p>${text.identify.lead}</p>
    <${Problem} task=${list.task} />
    ${enrolled.length === 0
      ? html`<p>${text.voice.noneEnrolled}</p>`
      : html`
          <label class="field">
            ${text.identify.among}
            <select value=${among} onChange=${(event) => (setAnswer(null), setAmong(event.target.value))}>
              <option value=${CHOSEN}>${text.identify.chosen}</option>
              <option value=${EVERYONE}>${text.identify.everyone}</option>
              ${groups.map((group) => html`<option key=${group.groupId} value=${group.groupId}>${nameOf(group)}</option>`)}
            </select>
          </label>
          <div>${among === CHOSEN && html`<${Ticks} ...${{ session, enrolled, ids, left, setLeft }} />`}</div>
          <${Recorder} session=${session} title=${text.identify.record} short onClip=${identify}
            why=${among === CHOSEN && ids.length === 0 ? text.identify.tooFew : ""} />
        `}
    ${among === CHOSEN && list.more && html`<p class="note">${text.voice.more}</p>`}
    ${answer && answer.among === among && html`<${Ranking} session=${session} answer=${answer} />`}
  `;
}

/** The choice as the service is asked. */
function asked(among, ids) {
  return { [CHOSEN]: { profileIds: ids.join(",") }, [EVERYONE]: { profileIds: EVERYONE } }[among] ?? { groupId: among };
}

function Ticks({ session, enrolled, ids, left, setLeft }) {
  return html`
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
      <p>${text.identify.compared(details.candidates, details.threshold)}</p>
      ${details.margin !== null && html`<p>${text.identify.margin(details.margin)}</p>`}
    </section>
    <${Heard} details=${details} />
  `;
}

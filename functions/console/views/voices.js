// The voices of a family, a page at a time.

import { FamilyChoice, Problem, useTask } from "../parts.js";
import { text } from "../text.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const PAGE = 10;

export function Voices({ session }) {
  const [family, setFamily] = useState("free");
  const [tokens, setTokens] = useState([null]);
  const [page, setPage] = useState({ profiles: [], next: null });
  const heading = useRef(null);
  const task = useTask();
  const token = tokens.at(-1);
  const load = () =>
    task.run(async (latest) => {
      const { profiles, next } = await latest(session.client.list(family, PAGE, token));
      setPage({ profiles, next });
      for (const [row, profile] of profiles.entries()) {
        const read = await latest(detailed(session, family, profile));
        setPage((page) => ({ next, profiles: page.profiles.with(row, read) }));
      }
    });
  useEffect(() => {
    load();
  }, [family, token, session.revision]);

  const show = (other) => {
    setTokens([null]);
    setFamily(other);
  };
  const act = (what, id) =>
    task.run(async () => {
      await session.client[what](family, id);
      session.say(text.voices.done[what](session.nameOf(id)));
      if (what === "remove") {
        session.name(id, "");
        if (session.chosen[family] === id) session.choose(family, "");
      }
      await load();
      heading.current.focus();
    });

  return html`
    <h2 tabindex="-1" ref=${heading}>${text.voices.title}</h2>
    <p>${text.voices.lead}</p>
    <${FamilyChoice} value=${family} onChange=${show} />
    <${Problem} task=${task} />
    <div>
      ${page.profiles.length === 0
        ? html`<p>${text.voices.empty}</p>`
        : html`<${Table} ...${{ session, family, page, act }} />`}
    </div>
    <p class="row">
      <span>${text.voices.page(tokens.length)}</span>
      <button disabled=${tokens.length === 1} onClick=${() => setTokens([null])}>${text.voices.first}</button>
      <button disabled=${!page.next} onClick=${() => setTokens([...tokens, page.next])}>${text.voices.next}</button>
    </p>
  `;
}

/** What only reading one profile tells; without it, what its list says. */
async function detailed(session, family, profile) {
  try {
    return await session.client.read(family, profile.profileId);
  } catch {
    return profile;
  }
}

function Table({ session, family, page, act }) {
  return html`
    <div class="table" role="region" tabindex="0" aria-label=${text.voices.title}>
      <table>
        <thead>
          <tr>${text.voices.columns.map((name) => html`<th key=${name} scope="col">${name}</th>`)}</tr>
        </thead>
        <tbody>
          ${page.profiles.map(
            (profile) => html`<${Row} key=${profile.profileId} ...${{ session, family, profile, act }} />`,
          )}
        </tbody>
      </table>
    </div>
  `;
}

function Row({ session, family, profile, act }) {
  const id = profile.profileId;
  const say = text.voices;
  return html`
    <tr>
      <td>
        <input aria-label=${say.nameOf(id)} defaultValue=${session.givenName(id)} maxlength="80" autocomplete="off"
          onChange=${(event) => session.name(id, event.target.value)} />
      </td>
      <td><code>${id}</code></td>
      <td>${text.voice.status[profile.enrollmentStatus]}</td>
      <td>${say.speech(profile.enrollmentsSpeechLengthInSec, profile.enrollmentsCount)}</td>
      <td>${profile.modelVersion ?? say.unknown}</td>
      <td>${profile.details ? say.kept(profile.details.audioKept) : say.unknown}</td>
      <td><${Actions} ...${{ session, family, id, act }} /></td>
    </tr>
  `;
}

function Actions({ session, family, id, act }) {
  const [asked, setAsked] = useState(null);
  const sure = useRef(null);
  useEffect(() => sure.current?.focus(), [asked]);
  const say = text.voices;
  const name = session.nameOf(id);
  const button = (label, onClick, more = {}) =>
    html`<button key=${label} aria-label=${say.action(label, name)} onClick=${onClick} ...${more}>${label}</button>`;
  if (asked)
    return [
      button(say.sure[asked], () => (setAsked(null), act(asked, id)), { class: "danger", ref: sure }),
      button(say.cancel, () => setAsked(null)),
    ];
  const chosen = session.chosen[family] === id;
  const choose = () => {
    session.choose(family, id);
    session.say(say.isChosen(name));
  };
  return [
    button(chosen ? say.chosen : say.choose, choose, { "aria-pressed": chosen }),
    button(say.reset, () => setAsked("reset")),
    button(say.remove, () => setAsked("remove")),
  ];
}

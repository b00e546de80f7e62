// Groups of voices: the staff of a branch, a household, a watchlist.

import { FamilyChoice, Problem, useGroups, useTask, useVoices, VoiceChoice } from "../parts.js";
import { text } from "../text.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const FAMILIES = ["among", "free"];
const ID = "[a-z0-9_\\-]+";

export function Groups({ session }) {
  const [family, setFamily] = useState("among");
  const [open, setOpen] = useState("");
  const list = useGroups(session, family);
  const shown = list.groups.some(({ groupId }) => groupId === open);
  const remove = () =>
    list.task.run(async () => {
      await session.client.removeGroup(family, open);
      session.say(text.groups.removed(open));
      setOpen("");
      await list.reload();
    });
  return html`
    <h2 tabindex="-1">${text.groups.title}</h2>
    <p>${text.groups.lead}</p>
    <${FamilyChoice} families=${FAMILIES} value=${family} onChange=${(other) => (setOpen(""), setFamily(other))} />
    <${Problem} task=${list.task} />
    <${Make} ...${{ session, family, made: (id) => list.reload().then(() => setOpen(id)) }} />
    <label class="field">
      ${text.groups.label}
      <select value=${shown ? open : ""} onChange=${(event) => setOpen(event.target.value)}>
        <option value="">${list.groups.length ? text.groups.choose : text.groups.none}</option>
        ${list.groups.map((group) => html`<option key=${group.groupId} value=${group.groupId}>${nameOf(group)}</option>`)}
      </select>
    </label>
    <div>${shown && html`<${Members} key=${`${family} ${open}`} ...${{ session, family, group: open, remove }} />`}</div>
  `;
}

/** What a person calls it. */
export const nameOf = ({ groupId, displayName }) => (displayName ? `${displayName} (${groupId})` : groupId);

function Make({ session, family, made }) {
  const id = useRef(null);
  const name = useRef(null);
  const task = useTask();
  const make = (event) => {
    event.preventDefault();
    return task.run(async () => {
      const { groupId } = await session.client.makeGroup(family, id.current.value.trim(), name.current.value.trim() || null);
      session.say(text.groups.made(groupId));
      await made(groupId);
    });
  };
  return html`
    <form class="new" onSubmit=${make}>
      <label class="field">${text.groups.id}<input ref=${id} required maxlength="64" pattern=${ID} autocomplete="off"
        title=${text.groups.idNote} aria-describedby="group-note" /></label>
      <label class="field">${text.groups.name}<input ref=${name} maxlength="128" autocomplete="off" /></label>
      <button disabled=${task.busy}>${text.groups.make}</button>
      <p class="note" id="group-note">${text.groups.idNote}</p>
      <${Problem} task=${task} />
    </form>
  `;
}

function Members({ session, family, group, remove }) {
  const [members, setMembers] = useState(null);
  const [asked, setAsked] = useState(false);
  const list = useVoices(session, family);
  const task = useTask();
  const chosen = session.chosen[family];
  const load = async () => setMembers(await session.client.members(family, group));
  useEffect(() => {
    task.run(load);
  }, [session.revision]);
  const change = (how, id) =>
    task.run(async () => {
      await session.client.change(how, family, group, id);
      session.say(text.groups.changed[how](session.nameOf(id)));
      await load();
    });
  return html`
    <section aria-label=${group}>
      <div class="row">
        <${VoiceChoice} session=${session} family=${family} list=${list} />
        <button disabled=${!chosen || task.busy} onClick=${() => change("add", chosen)}>${text.groups.add}</button>
      </div>
      <${Problem} task=${task} />
      <h3>${text.groups.members}</h3>
      ${members?.length === 0 && html`<p>${text.groups.empty}</p>`}
      <ul class="members">
        ${members?.map(
          ({ profileId: id }) => html`
            <li key=${id}>
              ${session.nameOf(id)}
              <button aria-label=${text.voices.action(text.groups.take, session.nameOf(id))}
                onClick=${() => change("remove", id)}>${text.groups.take}</button>
            </li>
          `,
        )}
      </ul>
      <button class=${asked ? "danger" : ""} onClick=${() => (asked ? remove() : setAsked(true))}>
        ${asked ? text.groups.sure : text.groups.remove}
      </button>
    </section>
  `;
}

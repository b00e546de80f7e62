// The page: its head, its views, and what they share, which lasts as long as the page.

import { Client } from "./api.js";
import { keepName, readNames } from "./names.js";
import { Code } from "./parts.js";
import { text } from "./text.js";
import { html, render, useEffect, useMemo, useRef, useState } from "./vendor/preact.js";
import { Accuracy } from "./views/accuracy.js";
import { Enroll } from "./views/enroll.js";
import { Groups } from "./views/groups.js";
import { Identify } from "./views/identify.js";
import { Verify } from "./views/verify.js";
import { Voices } from "./views/voices.js";

const VIEWS = { enroll: Enroll, verify: Verify, identify: Identify, voices: Voices, groups: Groups, accuracy: Accuracy };
const SHORT_ID = 8;

/** What the views share: access to the service, names, choices, who agreed to be recorded, and a voice for those who do not see. */
function useSession() {
  const [call, setCall] = useState(null);
  const [revision, setRevision] = useState(0);
  const [names, setNames] = useState(readNames);
  const [chosen, setChosen] = useState({});
  const [agreed, setAgreed] = useState({});
  const [threshold, setThreshold] = useState(null);
  const [said, setSaid] = useState("");
  const client = useMemo(() => new Client((made) => setCall((before) => worthShowing(made, before))), []);
  return {
    client, call, revision, chosen, agreed, threshold, said, setThreshold,
    say: setSaid,
    useKey: (key) => {
      client.key = key;
      setRevision((number) => number + 1);
    },
    nameOf: (id) => names[id] ?? id.slice(0, SHORT_ID),
    givenName: (id) => names[id] ?? "",
    name: (id, name) => setNames(keepName(id, name.trim())),
    choose: (family, id) => setChosen((before) => ({ ...before, [family]: id })),
    agree: (id, yes) => setAgreed((before) => ({ ...before, [id]: yes })),
  };
}

/** What a person did is shown longer than what the page asked for by itself. */
const worthShowing = (made, before) => (made.method === "GET" && before && before.method !== "GET" ? before : made);

function Key({ session }) {
  const field = useRef(null);
  const use = (event) => {
    event.preventDefault();
    session.useKey(field.current.value.trim());
    session.say(text.key.used);
  };
  return html`
    <form class="key" onSubmit=${use}>
      <label for="key">${text.key.label}</label>
      <input id="key" ref=${field} type="password" autocomplete="off" spellcheck="false" aria-describedby="key-note" />
      <button>${text.key.use}</button>
      <p class="note" id="key-note">${text.key.note}</p>
    </form>
  `;
}

function App() {
  const session = useSession();
  const [view, setView] = useState("enroll");
  const main = useRef(null);
  const moved = useRef(false);
  const View = VIEWS[view];
  useEffect(() => {
    if (moved.current) main.current.querySelector("h2").focus();
    moved.current = true;
  }, [view]);
  return html`
    <a class="skip" href="#content">${text.skip}</a>
    <header>
      <h1>${text.title}</h1>
      <p>${text.lead}</p>
      <${Key} session=${session} />
      <nav aria-label=${text.title}>
        ${Object.keys(VIEWS).map(
          (name) => html`
            <button key=${name} aria-current=${name === view ? "page" : null} onClick=${() => setView(name)}>
              ${text.views[name]}
            </button>
          `,
        )}
      </nav>
    </header>
    <main id="content" ref=${main} tabindex="-1">
      <${View} key=${view} session=${session} />
      <${Code} call=${session.call} />
    </main>
    <p class="hidden" role="status">${session.said}</p>
  `;
}

document.title = text.title;
const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} />`, place);

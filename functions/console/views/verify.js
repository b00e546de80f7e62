// Is it who it is said to be?

import { Gauge } from "../drawing.js";
import { FamilyChoice, Heard, Problem, Recorder, useVoices, VoiceChoice } from "../parts.js";
import { text } from "../text.js";
import { html, useEffect, useState } from "../vendor/preact.js";

const FAMILIES = ["free", "phrase"];

export function Verify({ session }) {
  const [family, setFamily] = useState("free");
  const [answer, setAnswer] = useState(null);
  const list = useVoices(session, family);
  const id = session.chosen[family];
  useEffect(() => setAnswer(null), [family, id]);

  async function verify(audio, short) {
    setAnswer(null);
    const given = await session.client.verify(family, id, audio, short);
    setAnswer({ ...given, of: id });
    session.setThreshold(given.details.threshold);
    session.say(text.verify[given.recognitionResult](session.nameOf(id)));
  }

  return html`
    <h2 tabindex="-1">${text.verify.title}</h2>
    <p>${text.verify.lead}</p>
    <${FamilyChoice} families=${FAMILIES} value=${family} onChange=${setFamily} />
    <${VoiceChoice} session=${session} family=${family} list=${list} enrolled />
    <${Problem} task=${list.task} />
    <div>
      ${id &&
      html`<${Recorder} key=${family} session=${session} title=${text.verify.record} short=${family !== "phrase"}
        onClip=${verify} />`}
    </div>
    ${answer && answer.of === id && html`<${Decision} answer=${answer} name=${session.nameOf(id)} />`}
  `;
}

/** What stands behind a score, where the service tells it. */
function evidence({ llr, threshold, cosine }, say) {
  if (llr === null) return [];
  return [
    [say.llr, llr.toFixed(2)],
    [say.threshold, threshold.toFixed(2)],
    [say.margin, (llr - threshold).toFixed(2)],
    [say.cosine, cosine.toFixed(3)],
  ];
}

function Decision({ answer, name }) {
  const { recognitionResult: result, score, details } = answer;
  const say = text.verify;
  const facts = [
    [say.score, score.toFixed(3)],
    ...evidence(details, say),
  ];
  return html`
    <section class="decision">
      <p class=${result === "Accept" ? "good" : "bad"}>${say[result](name)}</p>
      <${Gauge} score=${score} point=${0.5} label=${say.gauge(score, result)} pointLabel=${say.point} />
      <dl>${facts.map(([what, value]) => html`<div key=${what}><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>
    </section>
    <${Heard} details=${details} />
  `;
}

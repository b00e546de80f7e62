// How often the service is wrong, as it was measured.

import { text } from "../text.js";
import { html } from "../vendor/preact.js";

const FOLDER = new URL("..", import.meta.url);

export function Accuracy({ session }) {
  const { title, lead, point, noPoint, pictures } = text.accuracy;
  return html`
    <h2 tabindex="-1">${title}</h2>
    <p>${lead}</p>
    <p>${session.threshold === null ? noPoint : point(session.threshold)}</p>
    ${Object.entries(pictures).map(
      ([name, says]) => html`
        <figure key=${name}>
          <img src=${new URL(name, FOLDER)} alt=${says} loading="lazy" width="432" height="432" />
          <figcaption>${says}</figcaption>
        </figure>
      `,
    )}
  `;
}

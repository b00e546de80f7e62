// Pictures, in SVG. Each says in words what it shows; colours and widths are in style.css.

import { html } from "./vendor/preact.js";

const ROUND = 2 * Math.PI * 42;
const share = (value) => Math.max(0, Math.min(1, value));

/** How much of a goal is reached. */
export function Ring({ value, goal, label, children }) {
  const reached = goal ? share(value / goal) : 0;
  return html`
    <svg class="ring" viewBox="0 0 100 100" role="img" aria-label=${label}>
      <circle class="track" cx="50" cy="50" r="42" />
      <circle class="fill" cx="50" cy="50" r="42" stroke-dasharray="${ROUND * reached} ${ROUND}"
        transform="rotate(-90 50 50)" />
      <text x="50" y="56" text-anchor="middle">${children}</text>
    </svg>
  `;
}

/** A score between 0 and 1, and the point from which it is accepted. */
export function Gauge({ score, point, label, pointLabel }) {
  return html`
    <svg class="gauge" viewBox="0 0 300 58" role="img" aria-label=${label}>
      <rect class="reject" x="10" y="20" width=${280 * point} height="14" />
      <rect class="accept" x=${10 + 280 * point} y="20" width=${280 * (1 - point)} height="14" />
      <line class="point" x1=${10 + 280 * point} x2=${10 + 280 * point} y1="14" y2="40" />
      <path class="needle" d="M${10 + 280 * share(score)} 20l-7 -14h14z" />
      <text x="10" y="53">0</text>
      <text x=${10 + 280 * point} y="53" text-anchor="middle">${pointLabel}</text>
      <text x="290" y="53" text-anchor="end">1</text>
    </svg>
  `;
}

/** Scores as bars, with the point from which one is accepted as a line across them. */
export function Bars({ rows, point }) {
  return html`
    <ol class="bars">
      ${rows.map(
        ({ id, name, note, score }) => html`
          <li key=${id}>
            <span class="name">${name}</span> <span class="note">${note}</span>
            <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
              <rect class="track" width="100" height="6" />
              <rect class=${score >= point ? "accept" : "reject"} width=${100 * share(score)} height="6" />
              <line class="point" x1=${100 * point} x2=${100 * point} y1="0" y2="6" />
            </svg>
          </li>
        `,
      )}
    </ol>
  `;
}

/** How loud it is, from -60 dB to full scale. */
export function Meter({ level }) {
  return html`
    <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" />
      <rect class=${level > -3 ? "reject" : "accept"} width=${100 * share((level + 60) / 60)} height="6" />
    </svg>
  `;
}

// Pieces that several views are made of.
import { DASH, clock, duration } from "./format.js";
import { html, nothing, svg } from "./html.js";
import { announce, mayAct, now, redraw, state } from "./state.js";
import { t, word } from "./strings.js";

// What the worker says in English stays so, and says so to who reads it aloud.
export const told = (text) => html`<span lang="en">${text}</span>`;

const TONES = {
  RUNNING: "good", streaming: "good", fine: "good", completed: "good", done: "good", snapshot: "busy",
  running: "busy", RESTARTING: "busy", starting: "busy", accepted: "busy", sent: "busy",
  PAUSED: "rest", STOPPED: "rest", paused: "rest", stopped: "rest", none: "rest", unknown: "rest", skipped: "rest",
  UNASSIGNED: "warn", behind: "warn", reconnecting: "warn", aborted: "warn", warning: "warn", pending: "warn", blind: "warn",
  FAILED: "bad", failed: "bad", down: "bad", frozen: "bad", error: "bad", critical: "bad", firing: "bad", info: "rest",
};

// A state: its colour never says it alone.
export const badge = (group, given) =>
  html`<span class="badge ${TONES[given] ?? "rest"}">${word(group, given)}</span>`;

// A button that says why it cannot be pressed, and is not there for who may not act.
export function button(text, press, { why = "", kind = "", label = "" } = {}) {
  if (!mayAct()) return nothing;
  return html`<button type="button" class=${kind} aria-disabled=${why ? "true" : "false"} title=${why || nothing}
    aria-label=${label || nothing} @click=${(event) => (why ? announce(why) : press(event))}>${text}</button>`;
}

export function confirmed(question, then) {
  state.question = { question, then };
  redraw();
}

export const problem = (error, again) => html`<div class="problem" role="alert">
  <strong>${error.status ? t("refused", { status: error.status }) : t("unreachable")}</strong>
  ${told(error.message)}
  ${again ? html`<button type="button" @click=${again}>${t("again")}</button>` : nothing}
</div>`;

// The view of a source: what it says, why it says nothing, or that it is asked.
export function of(name, shown, again) {
  const found = state.data[name];
  if (!found) return html`<p class="quiet" aria-busy="true">${t("asking")}</p>`;
  const error = found.error && found.error.status !== 401 ? problem(found.error, again) : nothing;
  if (found.value === null) return error;
  const old = found.error ? html`<p class="quiet">${t("stale", { time: clock(found.at / 1000 + state.clock) })}</p>` : nothing;
  return html`${error}${old}${shown(found.value)}`;
}

export const facts = (pairs) => html`<dl class="facts">
  ${pairs.filter(Boolean).map(([name, shown]) => html`<div><dt>${name}</dt><dd>${shown ?? DASH}</dd></div>`)}
</dl>`;

// Wide tables move in a place of their own, never the page.
export const scrolled = (label, table) =>
  html`<div class="scroll" role="group" tabindex="0" aria-label=${label}>${table}</div>`;

const LEAST = 0.5;

// A line of the last lags, the highest at the top; less than half a second is no mountain.
export function spark(values, label) {
  const known = values.filter((each) => each !== null);
  if (known.length < 2) return nothing;
  const top = Math.max(...known, LEAST);
  const step = 100 / (values.length - 1);
  const points = values.map((each, at) => (each === null ? null : `${(at * step).toFixed(1)},${(19 - (18 * each) / top).toFixed(1)}`));
  return html`<svg class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${svg`<polyline points=${points.filter(Boolean).join(" ")} />`}
  </svg>`;
}

export function copy(text) {
  return html`<button type="button" class="small" @click=${async () => {
    await navigator.clipboard.writeText(text);
    announce(t("copied"));
  }}>${t("copy")}</button>`;
}

export const code = (text, label) => html`<div class="code">
  <pre tabindex="0" role="group" aria-label=${label}><code lang="en">${text}</code></pre>${copy(text)}
</div>`;

export const since = (moment) => (moment ? duration(Math.max(0, Math.round(now() - moment))) : DASH);

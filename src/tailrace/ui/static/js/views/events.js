// The last change events as the sink has them, each with what was before and what is after.
import { consolePath } from "../api.js";
import { clock } from "../format.js";
import { html, nothing, repeat } from "../html.js";
import { code, of, scrolled } from "../parts.js";
import { mayAct, redraw } from "../state.js";
import { t, word } from "../strings.js";

const LETTERS = ["c", "u", "d", "r", "t"];
const shown = { table: "", op: "", count: "50", follows: true, open: new Set() };

export const sources = (route) => (mayAct() ? { events: { path: path(route.name), every: shown.follows ? 2500 : 0 } } : {});

function path(name) {
  const query = new URLSearchParams({ count: shown.count });
  if (shown.table) query.set("table", shown.table);
  if (shown.op) query.set("op", shown.op);
  return consolePath(name, `/events?${query}`);
}

export function view(route, poll) {
  if (!mayAct()) return html`<p class="note">${t("events.operators")}</p>`;
  const again = () => {
    poll.sources.events.path = path(route.name);
    poll.sources.events.every = shown.follows ? 2500 : 0;
    poll.wake();
    redraw();
  };
  return html`${controls(again)}${of("events", list, again)}`;
}

const controls = (again) => html`<form class="controls" @submit=${(event) => event.preventDefault()}>
  <label>${t("table")}<input type="search" data-filter .value=${shown.table} placeholder="shop.orders" spellcheck="false" @change=${(event) => {
    shown.table = event.target.value.trim();
    again();
  }}></label>
  <label>${t("events.op")}<select @change=${(event) => {
    shown.op = event.target.value;
    again();
  }}><option value="">${t("all")}</option>${LETTERS.map((each) => html`<option value=${each} ?selected=${each === shown.op}>${word("op", each)}</option>`)}</select></label>
  <label>${t("events.count")}<select @change=${(event) => {
    shown.count = event.target.value;
    again();
  }}>${["20", "50", "100", "200"].map((each) => html`<option ?selected=${each === shown.count}>${each}</option>`)}</select></label>
  <label class="check"><input type="checkbox" .checked=${shown.follows} @change=${(event) => {
    shown.follows = event.target.checked;
    again();
  }}>${t("events.follow")}</label>
</form>`;

function list({ events }) {
  if (!events.length) return html`<p class="empty">${t("events.none")}</p>`;
  // What is open stays, also when it is no longer among the last.
  return html`<p class="quiet">${t("events.note")}</p><ol class="events">${repeat(events, (each) => each.id, line)}</ol>`;
}

const line = (event) => html`<li><details .open=${shown.open.has(event.id)} @toggle=${(toggled) => {
  shown.open[toggled.target.open ? "add" : "delete"](event.id);
  if (shown.open.size > 500) shown.open.clear();
  redraw();
}}>
  <summary data-step><span class="op op-${event.op}">${word("op", event.op)}</span>
    <time>${clock(event.at)}</time> <b>${event.table}</b> <code class="key">${pairs(event.key)}</code>
    <span class="changes">${event.text || summary(event)}</span></summary>
  ${shown.open.has(event.id) ? whole(event) : nothing}
</details></li>`;

const pairs = (key) => Object.entries(key).map(([name, text]) => `${name}=${text}`).join(" ");

function summary(event) {
  if (event.op !== "u" || !event.has_before) {
    return event.columns.slice(0, 4).map((each) => `${each.name}=${each.after ?? each.before}`).join("  ");
  }
  const changed = event.columns.filter((each) => each.changed);
  return changed.length ? changed.map((each) => `${each.name}: ${each.before} → ${each.after}`).join("  ") : t("events.unchanged");
}

const whole = (event) => html`
  ${event.columns.length ? scrolled(t("events.diff"), diff(event)) : nothing}
  ${event.op === "u" && !event.has_before ? html`<p class="quiet">${t("events.no-before")}</p>` : nothing}
  <details class="raw"><summary>${t("events.raw")}${event.place ? html` <code>${event.place}</code>` : nothing}</summary>
    ${code(pretty(event), t("events.raw"))}</details>`;

// Not parsed and written anew: a number may have more digits than the browser's.
function pretty({ raw, raw_cut: cut }) {
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const shaped = raw.replace(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (sign) => {
    if (sign === "{" || sign === "[") depth += 1;
    if (sign === "}" || sign === "]") depth = Math.max(0, depth - 1);
    if (sign === "}" || sign === "]") return line() + sign;
    return "{[,".includes(sign) ? sign + line() : sign === ":" ? ": " : sign;
  });
  return cut ? `${shaped}\n…` : shaped;
}

const diff = (event) => html`<table class="diff"><caption>${t("events.diff.caption", { op: word("op", event.op), table: event.table })}</caption>
  <thead><tr><th scope="col">${t("events.column")}</th><th scope="col">${t("events.before")}</th><th scope="col">${t("events.after")}</th></tr></thead>
  <tbody>${event.columns.map((each) => html`<tr class=${each.changed ? "changed" : ""}>
    <th scope="row"><code>${each.name}</code>${each.changed ? html`<span class="mark"> ${t("events.changed")}</span>` : nothing}</th>
    <td class="before">${cell(each.before)}</td><td class="after">${cell(each.after)}</td></tr>`)}</tbody></table>`;

const cell = (text) => (text === null ? html`<span class="quiet">–</span>` : html`<code>${text}</code>`);


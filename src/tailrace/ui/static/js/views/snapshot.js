// The snapshot under way, what came before it, and how to ask for another.
import { pauseSnapshot, resumeSnapshot, startSnapshot, stopSnapshot } from "../actions.js";
import { consolePath } from "../api.js";
import { clock, count, duration, percent, rate } from "../format.js";
import { html, nothing } from "../html.js";
import { badge, button, confirmed, facts, of, scrolled, told } from "../parts.js";
import { mayAct } from "../state.js";
import { t, word } from "../strings.js";

export const sources = (route) => ({ snapshot: { path: consolePath(route.name, "/snapshot"), every: 1500 } });

const UNDER_WAY = ["running", "paused"];

export const view = (route, poll, connector) => of("snapshot", (found) => page(route.name, found, connector), () => poll.wake());

const page = (name, found, connector) => html`
  <section aria-labelledby="progress"><div class="head"><h2 id="progress">${t("snapshot.now")}</h2>${badge("phase", found.phase)}
    <div class="buttons">${buttons(name, found, connector)}</div></div>
    ${bar(found)}
    ${facts([
      [t("snapshot.rows"), t("snapshot.of-rows", { rows: count(found.scanned), all: found.estimated ? count(found.estimated) : t("unknown") })],
      [t("snapshot.tables"), found.remaining === null ? count(found.tables) : t("snapshot.left", { left: count(found.remaining), all: count(found.tables) })],
      [t("snapshot.rate"), !UNDER_WAY.includes(found.phase) ? "–" : found.rate === null ? t("unknown") : t("snapshot.per-second", { rows: rate(found.rate) })],
      [t("snapshot.eta"), UNDER_WAY.includes(found.phase) ? (found.eta === null ? t("unknown") : duration(found.eta)) : "–"],
      [t("snapshot.lasts"), duration(found.seconds)],
      found.table ? [t("table"), html`<code>${found.table}</code>`] : null,
      found.last_key || found.greatest_key
        ? [t("snapshot.key"), html`<code class="long">${t("snapshot.of-rows", { rows: found.last_key || t("unknown"), all: found.greatest_key || t("unknown") })}</code>`]
        : null,
      found.waiting.length ? [t("snapshot.waiting"), html`<code class="long">${found.waiting.join(", ")}</code>`] : null,
    ])}
  </section>
  ${mayAct() ? form(name, found, connector) : nothing}
  ${read(found.rows)}
  ${past(found.told)}`;

function bar(found) {
  const share = found.estimated ? Math.min(1, found.scanned / found.estimated) : null;
  if (!UNDER_WAY.includes(found.phase)) return nothing;
  if (share === null) return html`<progress aria-label=${t("snapshot.now")}></progress>`;
  return html`<div class="bar"><progress max="1" .value=${share} aria-label=${t("snapshot.now")}></progress> ${percent(share)}</div>`;
}

// Why a signal would not be taken.
const deaf = (connector) => (connector.now === "streaming" || connector.now === "snapshot" ? "" : t("snapshot.deaf"));

function buttons(name, found, connector) {
  const why = deaf(connector);
  return html`
    ${button(t("pause"), () => pauseSnapshot(name), { why: why || (found.phase === "running" ? "" : t("snapshot.none-runs")), label: t("snapshot.pause") })}
    ${button(t("resume"), () => resumeSnapshot(name), { why: why || (found.phase === "paused" ? "" : t("snapshot.none-paused")), label: t("snapshot.resume") })}
    ${button(t("stop"), () => confirmed(t("snapshot.stop.sure"), () => stopSnapshot(name)), {
      why: why || (UNDER_WAY.includes(found.phase) ? "" : t("snapshot.none-runs")),
      label: t("snapshot.stop"),
    })}`;
}

const form = (name, found, connector) => html`<section aria-labelledby="start"><h2 id="start">${t("snapshot.start")}</h2>
  <form class="form" @submit=${(event) => start(event, name, connector)}>
    <fieldset><legend>${t("snapshot.which")}</legend>
      ${found.captured.map((table) => html`<label class="check"><input type="checkbox" name="table" value=${table}><code>${table}</code></label>`)}
      <label>${t("snapshot.pattern")}<input name="pattern" placeholder="shop\\.order.*" spellcheck="false"></label>
    </fieldset>
    <label>${t("snapshot.condition")}<input name="condition" placeholder="id > 7" spellcheck="false" aria-describedby="condition-note"></label>
    <p id="condition-note" class="quiet">${t("snapshot.condition.note")}</p>
    <fieldset class="row"><legend>${t("snapshot.kind")}</legend>
      <label class="check"><input type="radio" name="kind" value="INCREMENTAL" checked>${t("snapshot.incremental")}</label>
      <label class="check"><input type="radio" name="kind" value="BLOCKING">${t("snapshot.blocking")}</label>
    </fieldset>
    <div>${deaf(connector) ? html`<p class="note">${deaf(connector)}</p>` : nothing}<button class="first" ?disabled=${Boolean(deaf(connector))}>${t("snapshot.start")}</button></div>
    <p role="alert" class="problem" hidden></p>
  </form></section>`;

function start(event, name) {
  event.preventDefault();
  const given = new FormData(event.target);
  const tables = given.getAll("table").map((table) => table.replace(/[.$]/g, "\\$&"));
  const pattern = given.get("pattern").trim();
  if (pattern) tables.push(pattern);
  const wrong = event.target.querySelector("[role=alert]");
  wrong.hidden = tables.length > 0;
  if (!tables.length) {
    wrong.textContent = t("snapshot.no-table");
    event.target.querySelector("input").focus();
    return;
  }
  const condition = given.get("condition").trim();
  const kind = given.get("kind");
  const filter = (table) => (kind === "BLOCKING" ? `SELECT * FROM ${table.replaceAll("\\", "")} WHERE ${condition}` : condition);
  const conditions = condition ? { "additional-conditions": tables.map((table) => ({ "data-collection": table, filter: filter(table) })) } : {};
  startSnapshot(name, { "data-collections": tables, type: kind, ...conditions });
}

function read(rows) {
  const found = Object.entries(rows);
  if (!found.length) return nothing;
  return html`<section><h2>${t("snapshot.by-table")}</h2><table><caption class="hidden">${t("snapshot.by-table")}</caption>
    <thead><tr><th scope="col">${t("table")}</th><th scope="col" class="number">${t("rows.head")}</th></tr></thead>
    <tbody>${found.map(([table, number]) => html`<tr><th scope="row"><code>${table}</code></th><td class="number">${count(number)}</td></tr>`)}</tbody>
  </table></section>`;
}

const past = (all) => html`<section><h2>${t("snapshot.past")}</h2>
  ${all.length ? scrolled(t("snapshot.past"), html`<table><caption>${t("snapshot.past.caption")}</caption>
    <thead><tr><th scope="col">${t("when")}</th><th scope="col">${t("snapshot.aggregate")}</th><th scope="col">${t("snapshot.what")}</th><th scope="col">${t("snapshot.details")}</th></tr></thead>
    <tbody>${all.toReversed().slice(0, 40).map((each) => html`<tr><td>${clock(each.timestamp / 1000)}</td>
      <td>${word("aggregate", each.aggregateType)}</td><td>${word("notification", each.type)}</td><td class="prose">${details(each.additionalData)}</td></tr>`)}</tbody>
  </table>`) : html`<p class="empty">${t("snapshot.past.none")}</p>`}</section>`;

function details(data) {
  const { connector_name: _, ...rest } = data ?? {};
  return Object.entries(rest).map(([name, text], at) => html`${at ? "; " : ""}${word("detail", name)}: ${name === "status" ? word("scan", text) : told(text)}`);
}

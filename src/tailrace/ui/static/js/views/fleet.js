// All connectors, the worst first: what an on-call person sees before anything else.
import { pause, restart, resume } from "../actions.js";
import { ago, bytes, count, duration, percent, rate } from "../format.js";
import { html, nothing, repeat } from "../html.js";
import { badge, button, confirmed, of, scrolled, spark, told } from "../parts.js";
import { mayAct, redraw } from "../state.js";
import { t, word } from "../strings.js";

export const title = () => t("page.fleet");
export const sources = () => ({ fleet: { path: "/console/api/fleet", every: 2000 } });

const shown = { text: "" };

export const view = (_, poll) => html`
  <div class="head"><h1 tabindex="-1">${t("page.fleet")}</h1>
    ${mayAct() ? html`<a class="button" href="#/new">${t("new")}</a>` : nothing}</div>
  ${of("fleet", page, () => poll.wake())}`;

function page({ connectors, problems }) {
  if (!connectors.length) return html`<p class="empty">${t("fleet.none")}</p>`;
  const wanted = connectors.filter((row) => matches(row, shown.text.toLowerCase()));
  return html`
    ${problems.map((each) => html`<p class="problem" role="alert">${t("fleet.away", { worker: each.worker })} ${told(each.message)}</p>`)}
    ${totals(connectors)}
    <label class="filter">${t("filter")}
      <input type="search" data-filter .value=${shown.text} placeholder=${t("fleet.filter")} @input=${(event) => {
        shown.text = event.target.value;
        redraw();
      }}></label>
    ${scrolled(t("page.fleet"), table(wanted, new Set(connectors.map((row) => row.worker)).size > 1))}
    ${wanted.length ? nothing : html`<p class="empty">${t("fleet.no-match")}</p>`}`;
}

const matches = (row, text) =>
  [row.name, row.reads, row.worker, row.now, word("state", row.now), row.reason].some((each) => (each ?? "").toLowerCase().includes(text));

function totals(rows) {
  const states = Map.groupBy(rows, (row) => row.now);
  const number = (...names) => names.reduce((sum, name) => sum + (states.get(name)?.length ?? 0), 0);
  const lags = rows.map((row) => row.lag).filter((each) => each !== null);
  const speed = rows.reduce((sum, row) => sum + (row.events_per_second ?? 0), 0);
  const failed = number("FAILED");
  const holds = rows.reduce((sum, row) => sum + row.alerts.length, 0);
  const tile = (name, figure, tone = "") => html`<div class="tile ${tone}"><dt>${name}</dt><dd>${figure}</dd></div>`;
  return html`<dl class="tiles">
    ${tile(t("fleet.all"), count(rows.length))}
    ${tile(t("fleet.running"), count(number("streaming", "snapshot", "RUNNING")), "good")}
    ${tile(t("fleet.resting"), count(number("PAUSED", "STOPPED")))}
    ${tile(t("fleet.failed"), count(failed), failed ? "bad" : "")}
    ${tile(t("fleet.worst-lag"), duration(lags.length ? Math.max(...lags) : null))}
    ${tile(t("fleet.events"), rate(speed))}
    ${tile(t("fleet.alerts"), html`<a href="#/alerts">${count(holds)}</a>`, holds ? "warn" : "")}
  </dl>`;
}

const table = (rows, several) => html`<table class="fleet">
  <caption>${t("fleet.caption")}</caption>
  <thead><tr>
    <th scope="col">${t("fleet.state")}</th><th scope="col">${t("connector")}</th>
    <th scope="col" class="number">${t("lag")}</th><th scope="col" class="wide">${t("fleet.minutes")}</th>
    <th scope="col" class="number middle">${t("fleet.events")}</th><th scope="col" class="number wide">${t("fleet.behind")}</th>
    <th scope="col" class="wide">${t("fleet.last-event")}</th><th scope="col" class="wide">${t("snapshot")}</th>
    <th scope="col" class="wide">${t("fleet.reads")}</th>${several ? html`<th scope="col" class="wide">${t("worker")}</th>` : nothing}
    ${mayAct() ? html`<th scope="col">${t("actions")}</th>` : nothing}
  </tr></thead>
  <tbody>${repeat(rows, (row) => row.name, (row) => line(row, several))}</tbody>
</table>`;

const line = (row, several) => html`<tr>
  <td>${badge("state", row.now)}</td>
  <th scope="row"><a data-step href="#/connectors/${encodeURIComponent(row.name)}">${row.name}</a>${why(row)}</th>
  <td class="number">${duration(row.lag)}</td>
  <td class="wide">${spark(row.spark, t("fleet.spark"))}</td>
  <td class="number middle">${rate(row.events_per_second)}</td>
  <td class="number wide">${row.gap === null || row.gap === undefined ? bytes(row.bytes_behind) : t("fleet.gap", { gap: count(row.gap) })}</td>
  <td class="wide one-line">${row.doing ? ago(row.last_event) : "–"}</td>
  <td class="wide one-line">${snapshot(row.snapshot)}</td>
  <td class="wide"><code>${row.reads}</code></td>
  ${several ? html`<td class="wide"><code>${row.worker}</code></td>` : nothing}
  ${mayAct() ? html`<td class="buttons">${actions(row)}</td>` : nothing}
</tr>`;

function why(row) {
  const text = row.reason || row.why;
  if (text) return html`<div class="why">${told(text)}</div>`;
  if (!row.alerts.length) return nothing;
  return html`<div class="why held">${row.alerts.map((each) => each.alert).join(", ")}</div>`;
}

function snapshot(found) {
  if (!found) return "–";
  if (!["running", "paused"].includes(found.phase)) return badge("phase", found.phase);
  const share = found.estimated ? percent(Math.min(1, found.rows / found.estimated)) : count(found.rows);
  return html`${badge("phase", found.phase)} ${share}`;
}

const actions = (row) => html`
  ${row.target === "RUNNING"
    ? button(t("pause"), () => pause(row.name), { kind: "small", label: t("pause.named", { name: row.name }) })
    : button(t("resume"), () => resume(row.name), { kind: "small", label: t("resume.named", { name: row.name }) })}
  ${button(t("restart"), () => confirmed(t("restart.sure", { name: row.name }), () => restart(row.name)), {
    kind: "small",
    label: t("restart.named", { name: row.name }),
    why: row.target === "RUNNING" ? "" : t("restart.why-not"),
  })}`;

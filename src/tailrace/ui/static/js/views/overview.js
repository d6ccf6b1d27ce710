// What a connector does now, and how it has fared for half an hour.
import "../chart.js";
import { consolePath } from "../api.js";
import { ago, bytes, clock, count, duration, gtids, percent, rate } from "../format.js";
import { html, nothing } from "../html.js";
import { badge, code, facts, scrolled, since, told } from "../parts.js";
import { now, value } from "../state.js";
import { t, word } from "../strings.js";

const KEPT = 900;

export const sources = (route) => ({
  history: { path: consolePath(route.name, "/history"), every: 4000, then: (given) => courses(given) },
});

// Counters to rates; an engine that began anew has counted from nothing.
function courses({ at, lag, events, bytes: sizes }) {
  const per = (counter) =>
    counter.map((each, index) => {
      if (!index || each < counter[index - 1]) return null;
      return (each - counter[index - 1]) / (at[index] - at[index - 1]);
    });
  const last = (column) => column.slice(-KEPT);
  return { lag: [last(at), last(lag)], events: [last(at), last(per(events))], bytes: [last(at), last(per(sizes))] };
}

export const view = (_, __, shown) => html`
  ${shown.traces.connector || shown.traces.task
    ? html`<section><h2>${t("trace")}</h2>${code(shown.traces.task || shown.traces.connector, t("trace"))}</section>`
    : nothing}
  ${charts(value("history"))}
  <section><h2>${t("overview.now")}</h2>${figures(shown)}</section>
  ${shown.progress ? tables(shown.progress) : nothing}`;

function charts(found) {
  if (!found) return nothing;
  const chart = (name, columns, tone, least, format) => html`<figure>
    <figcaption>${name}</figcaption>
    <line-chart .format=${format} .least=${least} .series=${[{ label: name, tone }]} .columns=${columns}></line-chart>
  </figure>`;
  return html`<section aria-labelledby="course"><h2 id="course">${t("overview.course")}</h2><div class="charts">
    ${chart(t("lag"), found.lag, 1, 0.05, duration)}
    ${chart(t("fleet.events"), found.events, 2, 10, rate)}
    ${chart(t("overview.bytes"), found.bytes, 3, 1000, (each) => t("per-second", { value: bytes(each) }))}
  </div></section>`;
}

function figures(shown) {
  const { progress, offset } = shown;
  const place = offset ? html`<code>${offset.file}:${offset.pos}</code>` : t("overview.no-offset");
  if (!progress) return facts([[t("overview.target"), badge("state", shown.target)], [t("overview.offset"), place]]);
  const { distance, latency, reading, source, waiting_for_store: waiting } = progress;
  const purge = shown.never_purged ? t("overview.never-purged") : duration(shown.seconds_to_purge);
  return facts([
    [t("overview.states"), html`${badge("state", shown.state)} ${shown.task ? html`${t("task")} 0 ${badge("state", shown.task)}` : nothing}`],
    [t("overview.doing"), t("overview.for", { state: word("state", progress.state), time: since(progress.since) })],
    [t("overview.source"), html`<code>${source.where || shown.reads}</code> ${source.version ? told(`MySQL ${source.version}`) : nothing}`],
    [t("lag"), duration(progress.lag)],
    [t("overview.gap"), count(distance?.gtid_gap)],
    [t("overview.bytes-behind"), bytes(distance?.bytes_behind)],
    [t("overview.purge"), purge],
    [t("overview.events"), count(progress.events)],
    [t("overview.transactions"), count(progress.transactions)],
    [t("overview.last-event"), ago(progress.last_event)],
    [t("overview.latency"), `${duration(latency.p50)} / ${duration(latency.p95)} / ${duration(latency.p99)}`],
    [t("overview.queue"), html`${percent(shown.queue)} ${t("of", { whole: bytes(progress.queue_capacity) })}`],
    [t("overview.unstored"), waiting ? duration(Math.max(0, now() - waiting)) : t("overview.all-stored")],
    [t("overview.reconnects"), count(progress.reconnects)],
    [t("overview.started"), clock(progress.started)],
    [t("overview.read"), html`${reading.file ? html`<code>${reading.file}:${reading.position}</code>` : t("unknown")}`],
    [t("overview.offset"), place],
    offset?.gtids ? [t("overview.gtids"), html`<code class="long">${gtids(offset.gtids)}</code>`] : null,
    [t("worker"), html`<code>${shown.worker}</code>`],
  ]);
}

function tables({ tables: counts, captured }) {
  const names = [...new Set([...Object.keys(counts), ...captured])];
  const none = { reads: 0, inserts: 0, updates: 0, deletes: 0 };
  const rows = names.map((name) => [name, counts[name] ?? none]);
  rows.sort(([a, x], [b, y]) => sum(y) - sum(x) || a.localeCompare(b));
  return html`<section><h2>${t("overview.tables")}</h2>${scrolled(t("overview.tables"), html`<table>
    <caption>${t("overview.tables.caption")}</caption>
    <thead><tr><th scope="col">${t("table")}</th>${["reads", "inserts", "updates", "deletes"].map(
      (each) => html`<th scope="col" class="number">${t(`count.${each}`)}</th>`,
    )}</tr></thead>
    <tbody>${rows.map(([name, found]) => html`<tr><th scope="row"><code>${name}</code></th>
      ${["reads", "inserts", "updates", "deletes"].map((each) => html`<td class="number">${count(found[each])}</td>`)}</tr>`)}</tbody>
  </table>`)}</section>`;
}

const sum = (found) => found.reads + found.inserts + found.updates + found.deletes;

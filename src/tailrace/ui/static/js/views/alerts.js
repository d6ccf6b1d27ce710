// What fires, and what to do then: by Prometheus where there is one, by the worker's own figures where there is none.
import { ago } from "../format.js";
import { html, nothing } from "../html.js";
import { badge, code, of, told } from "../parts.js";
import { t, word } from "../strings.js";

export const title = () => t("page.alerts");
export const sources = () => ({ alerts: { path: "/console/api/alerts", every: 5000 } });

export const view = (_, poll) => html`
  <div class="head"><h1 tabindex="-1">${t("page.alerts")}</h1></div>
  ${of("alerts", page, () => poll.wake())}`;

function page(found) {
  const { prometheus } = found;
  const table = Object.fromEntries(found.alerts.map((each) => [each.name, each]));
  const seen = prometheus && !prometheus.problem;
  return html`
    ${source(prometheus)}
    ${seen ? active(prometheus.verdicts, table) : nothing}
    ${holding(found.own, table)}
    ${all(found, seen ? Object.fromEntries(prometheus.verdicts.map((each) => [each.alert, each])) : {})}`;
}

function source(prometheus) {
  if (!prometheus) return html`<p class="note">${t("alerts.no-prometheus")} <code>console.prometheus.url</code></p>`;
  if (prometheus.problem) return html`<p class="problem" role="alert">${t("alerts.away", { url: prometheus.url })} ${told(prometheus.problem)}</p>`;
  const lost = prometheus.verdicts.filter((each) => !each.loaded || each.error);
  const blind = prometheus.verdicts.filter((each) => each.loaded && each.blind);
  return html`<p class="quiet">${t("alerts.by", { url: prometheus.url })}</p>
    ${lost.length ? html`<p class="problem">${t("alerts.not-loaded", { number: lost.length })} <code lang="en">tailrace alerts export &gt; rules.yml</code></p>` : nothing}
    ${blind.length ? html`<p class="note">${t("alerts.blind")} ${blind.map((each) => each.alert).join(", ")}</p>` : nothing}`;
}

function active(verdicts, table) {
  const rows = verdicts.flatMap((each) => each.active.map((one) => ({ ...one, alert: each.alert })));
  rows.sort((a, b) => (a.state === b.state ? 0 : a.state === "firing" ? -1 : 1));
  return html`<section><h2>${t("alerts.firing")}</h2>
    ${rows.length ? nothing : html`<p class="empty">${t("alerts.quiet")}</p>`}
    ${rows.map((each) => html`<article class="finding ${table[each.alert]?.severity ?? "warning"}">
      <h3>${badge("alert", each.state)} ${badge("severity", table[each.alert]?.severity)} ${each.alert}</h3>
      <p>${told(each.summary)}</p><p class="quiet">${t("alerts.since", { time: ago(Date.parse(each.since) / 1000) })}</p>
      ${what(table[each.alert])}</article>`)}
  </section>`;
}

const holding = (own, table) => html`<section><h2>${t("alerts.holds")}</h2>
  <p class="quiet">${t("alerts.holds.note")}</p>
  ${own.length ? nothing : html`<p class="empty">${t("alerts.holds.none")}</p>`}
  ${own.map((each) => html`<article class="finding ${table[each.alert].severity}">
    <h3>${badge("severity", table[each.alert].severity)} ${each.alert} · <a data-step href="#/connectors/${encodeURIComponent(each.connector)}">${each.connector}</a></h3>
    <p>${each.alert === "CdcConnectorStopped" ? word("state", each.evidence) : told(each.evidence)}</p>${what(table[each.alert])}</article>`)}
</section>`;

const what = (alert) => (alert ? html`<details><summary>${t("alerts.what")}</summary><div lang="en">
  <p>${alert.meaning}</p><ol>${alert.steps.map((each) => html`<li>${each}</li>`)}</ol>
  ${alert.silent ? html`<p class="quiet">${alert.silent}</p>` : nothing}${code(alert.expr, t("alerts.rule", { alert: alert.name }))}</div></details>` : nothing);

function all(found, verdicts) {
  const own = new Set(found.judged);
  const state = (name) => {
    const verdict = verdicts[name];
    if (!verdict) return own.has(name) ? t("alerts.judged") : t("alerts.needs-prometheus");
    if (!verdict.loaded) return t("alerts.absent");
    if (verdict.error) return told(verdict.error);
    if (verdict.active.length) return word("alert", verdict.active[0].state);
    return verdict.blind ? t("alerts.sees-nothing") : t("alerts.is-quiet");
  };
  return html`<details><summary>${t("alerts.all", { number: found.alerts.length })}</summary><ul class="alerts">
    ${found.alerts.map((each) => html`<li>${badge("severity", each.severity)} <b>${each.name}</b>
      <span class="quiet">${t("alerts.after", { time: each.for })} · ${state(each.name)}</span>${what(each)}</li>`)}</ul></details>`;
}

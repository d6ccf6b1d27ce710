// What the doctor finds wrong with a connector and its server, and the exact statement that repairs it.
import { consolePath } from "../api.js";
import { clock, duration } from "../format.js";
import { html, nothing } from "../html.js";
import { badge, code, of, told } from "../parts.js";
import { redraw } from "../state.js";
import { t, word } from "../strings.js";

const ORDER = ["error", "warning", "info"];
const shown = { busy: false };

export const sources = (route) => ({ doctor: { path: consolePath(route.name, "/doctor"), every: 0 } });

export const view = (route, poll) => html`
  <div class="head"><button type="button" class="first" aria-disabled=${shown.busy ? "true" : "false"}
    @click=${() => again(route, poll)}>${shown.busy ? t("asking") : t("doctor.again")}</button>
    <span class="quiet">${t("doctor.note")}</span></div>
  ${of("doctor", page, () => again(route, poll))}`;

async function again(route, poll) {
  if (shown.busy) return;
  shown.busy = true;
  redraw();
  await poll.look("doctor", consolePath(route.name, "/doctor?fresh=true"));
  shown.busy = false;
  redraw();
}

function page(found) {
  const findings = found.findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  const number = (severity) => found.findings.filter((each) => each.severity === severity).length;
  return html`
    <p>${t("doctor.summary", {
      at: clock(found.at), time: duration(found.seconds), version: found.version, server: found.server,
      checks: found.fine.length + new Set(found.findings.map((each) => each.check)).size + found.unread.length,
    })}</p>
    <ul class="counts">
      ${ORDER.map((each) => html`<li>${badge("severity", each)} ${number(each)}</li>`)}
      <li>${badge("severity", "unread")} ${found.unread.length}</li><li>${badge("severity", "fine")} ${found.fine.length}</li>
    </ul>
    <h2>${t("doctor.findings")}</h2>
    ${findings.length ? nothing : html`<p class="empty">${t("doctor.nothing")}</p>`}
    ${findings.map((each) => finding(each, found))}
    ${found.unread.map((each) => html`<article class="finding"><h3>${badge("severity", "unread")} <code>${each.check}</code></h3>
      <p>${told(found.titles[each.check])}</p><p>${told(each.because)}</p></article>`)}
    <details><summary>${t("doctor.fine", { number: found.fine.length })}</summary>
      <ul class="columns">${found.fine.map((each) => html`<li><code>${each}</code> ${told(found.titles[each])}</li>`)}</ul></details>`;
}

const finding = (each, { titles }) => html`<article class="finding ${each.severity}">
  <h3>${badge("severity", each.severity)} <code>${each.check}</code></h3>
  <p class="quiet">${t("doctor.needed")} ${told(titles[each.check])}${each.where ? html` · <code>${each.where}</code>` : nothing}</p>
  <p>${told(each.message)}</p>
  <p>${t("doctor.found")} <code lang="en">${each.evidence}</code></p>
  ${each.repair ? repair(each.repair, each.check) : html`<p class="quiet">${t("doctor.no-repair")}</p>`}
</article>`;

const repair = (given, check) => html`
  <h4>${t("doctor.repair", { how: word("how", given.how) })}${given.at ? html` <code>${given.at}</code>` : nothing}</h4>
  ${given.statements.length ? code(given.statements.map((each) => each + (given.how === "sql" ? ";" : "")).join("\n"), t("doctor.statements", { check })) : nothing}
  ${given.restart ? html`<p class="note">${t("doctor.restart")}</p>` : nothing}
  ${given.note ? html`<p>${told(given.note)}</p>` : nothing}`;

// One connector: its head with what can be done, and a tab for each question one has about it.
import { consolePath } from "../api.js";
import { pause, remove, restart, resume, stop } from "../actions.js";
import { html, nothing } from "../html.js";
import { badge, button, confirmed, of, told } from "../parts.js";
import { mayAct, value } from "../state.js";
import { t } from "../strings.js";
import * as config from "./config.js";
import * as doctor from "./doctor.js";
import * as events from "./events.js";
import * as lag from "./lag.js";
import * as overview from "./overview.js";
import * as snapshot from "./snapshot.js";
import { TABS } from "./tabs.js";

const VIEWS = { overview, lag, snapshot, events, doctor, config };

export const title = (route) => `${route.name}, ${t(`tab.${tabOf(route)}`)}`;

const tabOf = (route) => (TABS.includes(route.tab) ? route.tab : "overview");

export const sources = (route) => ({
  connector: { path: consolePath(route.name), every: 2000 },
  ...VIEWS[tabOf(route)].sources(route),
});

export function view(route, poll) {
  const shown = value("connector");
  const tab = tabOf(route);
  return html`
    <p class="crumbs"><a href="#/">${t("page.fleet")}</a></p>
    <div class="head">
      <h1 tabindex="-1">${route.name}</h1>
      ${shown ? badge("state", shown.now) : nothing}
      ${shown && mayAct() ? html`<div class="buttons">${actions(shown)}</div>` : nothing}
    </div>
    ${shown ? blocked(shown) : nothing}
    <nav class="tabs" aria-label=${t("tabs")}>${TABS.map((each) => html`<a
      href="#/connectors/${encodeURIComponent(route.name)}/${each}"
      aria-current=${each === tab ? "page" : nothing}>${t(`tab.${each}`)}</a>`)}</nav>
    ${of("connector", () => VIEWS[tab].view(route, poll, shown), () => poll.wake())}`;
}

// Why nothing comes, and what ends that.
function blocked(shown) {
  const state = shown.now;
  if (state === "PAUSED" || state === "STOPPED") return html`<p class="note">${t(`blocked.${state}`)}</p>`;
  if (!["FAILED", "RESTARTING", "reconnecting"].includes(state)) return nothing;
  return html`<p class="problem" role="alert"><strong>${t(`blocked.${state}`)}</strong> ${told(shown.reason || shown.why || "")}</p>`;
}

function actions(shown) {
  const { name, target } = shown;
  return html`
    ${target === "RUNNING" ? button(t("pause"), () => pause(name)) : button(t("resume"), () => resume(name), { kind: "first" })}
    ${button(t("restart"), () => confirmed(t("restart.sure", { name }), () => restart(name)), {
      why: target === "RUNNING" ? "" : t("restart.why-not"),
    })}
    ${button(t("stop"), () => confirmed(t("stop.sure", { name }), () => stop(name)), {
      why: target === "STOPPED" ? t("stop.why-not") : "",
    })}
    ${button(t("delete"), () => confirmed(t("delete.sure", { name }), async () => {
      if (await remove(name)) location.hash = "#/";
    }), { kind: "danger", why: target === "STOPPED" ? "" : t("delete.why-not") })}`;
}

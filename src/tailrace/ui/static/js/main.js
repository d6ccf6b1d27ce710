// The page around the views: where one is, who one is, what was asked for.
import { Refused, get, signIn, signOut } from "./api.js";
import { clock } from "./format.js";
import { html, nothing, render } from "./html.js";
import { onKeys, shortcuts, showHelp, usesKeys } from "./keys.js";
import { Poll } from "./poll.js";
import { onDraw, redraw, state, value } from "./state.js";
import { LANGUAGES, language, loadStrings, setLanguage, t, word } from "./strings.js";
import { THEMES, applyTheme, setTheme, theme } from "./theme.js";
import { badge, told } from "./parts.js";
import * as alerts from "./views/alerts.js";
import * as connector from "./views/connector.js";
import * as create from "./views/create.js";
import * as failover from "./views/failover.js";
import * as fleet from "./views/fleet.js";
import * as topology from "./views/topology.js";

// A view has title(route), sources(route) for Poll, and view(route, poll).
const VIEWS = { fleet, connectors: connector, topology, alerts, failover, new: create };
const PAGES = ["fleet", "topology", "alerts", "failover"];

let poll = null;

function read(hash) {
  const [view = "", name = "", tab = ""] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return view in VIEWS ? { view, name, tab } : { view: "fleet", name: "", tab: "" };
}

function go({ focus = true } = {}) {
  const before = state.route;
  state.route = read(location.hash);
  const { view, name } = state.route;
  poll?.stop();
  if (before.view !== view || before.name !== name) state.data = {};
  poll = state.session ? new Poll(VIEWS[view].sources(state.route)) : null;
  redraw();
  if (focus) queueMicrotask(() => document.querySelector("h1")?.focus({ preventScroll: before.name === name }));
}

async function begin() {
  state.needs = null;
  try {
    state.session = await get("/console/api/session");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) state.needs = error.message;
    else state.live = false;
    redraw();
    if (!state.live) setTimeout(begin, 3000);
    return;
  }
  state.live = true;
  go({ focus: false });
}

// Parts of the page

const link = (page) => html`<a href="#/${page === "fleet" ? "" : page}"
  aria-current=${state.route.view === page ? "page" : nothing}>${t(`page.${page}`)}</a>`;

const choice = (label, kept, all, named, choose) => html`<label class="choice"><span class="hidden">${label}</span>
  <select @change=${(event) => choose(event.target.value)}>
    ${all.map((each) => html`<option value=${each} ?selected=${each === kept}>${named(each)}</option>`)}
  </select></label>`;

const header = () => html`<header>
  <a class="skip" href="#main" @click=${skip}>${t("skip")}</a>
  <a class="brand" href="#/"><img src="icon.svg" alt="" width="20" height="20">Tailrace</a>
  <nav aria-label=${t("pages")}>${PAGES.map(link)}</nav>
  <div class="tools">
    ${choice(t("language"), language, Object.keys(LANGUAGES), (each) => LANGUAGES[each], (chosen) => {
      setLanguage(chosen);
      redraw();
    })}
    ${choice(t("theme"), theme(), THEMES, (each) => t(`theme.${each}`), setTheme)}
    <button type="button" @click=${showHelp} aria-label=${t("keys")} title=${t("keys")}>?</button>
  </div>
</header>`;

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

const footer = () => {
  const { worker, version, group, user, role, site, protected: guarded } = state.session;
  return html`<footer>
    <span>Tailrace ${version}</span><span>${t("worker")} <code>${worker}</code></span>
    ${group ? html`<span>${t("group")} <code>${group}</code></span>` : nothing}
    <span>${user ? t("signed-in", { user, role: word("role", role) }) : t("no-users")}</span>
    ${site ? html`<a href="/site/">${t("site")}</a>` : nothing}
    ${guarded ? html`<button type="button" class="small" @click=${leave}>${t("sign-out")}</button>` : nothing}
  </footer>`;
};

function leave() {
  signOut();
  poll?.stop();
  state.session = null;
  state.data = {};
  begin();
}

const activity = () => html`<section class="activity" aria-labelledby="activity">
  <h2 id="activity">${t("activity")}</h2>
  <ol>${state.activity.map((each) => html`<li>
    <time>${clock(each.at)}</time> ${badge("activity", each.state)}
    <span>${word("action", each.what)} <b>${each.name}</b>${each.by ? ` · ${each.by}` : ""}</span>
    ${each.state === "failed" ? told(each.told) : each.told}
  </li>`)}</ol>
</section>`;

const signingIn = () => html`<main id="main" tabindex="-1" class="narrow">
  <h1 tabindex="-1">${t("sign-in")}</h1>
  <p>${t("sign-in.why")}</p>
  <form @submit=${enter} class="form">
    <label>${t("sign-in.user")}<input name="user" autocomplete="username" aria-describedby="token"></label>
    <label>${t("sign-in.secret")}<input name="secret" type="password" autocomplete="current-password" required></label>
    <p id="token" class="quiet">${t("sign-in.token")}</p>
    <button class="first">${t("sign-in")}</button>
    ${state.wrong ? html`<p role="alert" class="problem">${t("sign-in.wrong")}</p>` : nothing}
  </form>
</main>`;

async function enter(event) {
  event.preventDefault();
  const given = new FormData(event.target);
  signIn(given.get("user").trim(), given.get("secret"));
  await begin();
  state.wrong = state.needs !== null;
  redraw();
}

const question = ({ question: text, then }) => html`<dialog id="question" aria-labelledby="question-text" @close=${closed}>
  <p id="question-text">${text}</p>
  <form method="dialog" class="buttons">
    <button value="yes" class="first" @click=${() => then()}>${t("yes")}</button>
    <button value="no" autofocus>${t("no")}</button>
  </form>
</dialog>`;

function closed() {
  state.question = null;
  redraw();
}

const help = () => html`<dialog id="help" aria-labelledby="help-head">
  <h2 id="help-head">${t("keys")}</h2>
  <table><caption class="hidden">${t("keys")}</caption>
    <thead><tr><th scope="col">${t("keys.key")}</th><th scope="col">${t("keys.what")}</th></tr></thead>
    <tbody>${shortcuts().map(([keys, what]) => html`<tr><td>${keys.map((key) => html`<kbd>${key}</kbd> `)}</td><td>${what}</td></tr>`)}</tbody>
  </table>
  <form method="dialog" class="buttons">
    <label class="check"><input type="checkbox" .checked=${usesKeys()} @change=${(event) => usesKeys(event.target.checked)}>${t("keys.use")}</label>
    <button class="first">${t("close")}</button>
  </form>
</dialog>`;

function page() {
  if (state.needs !== null) return html`${header()}${signingIn()}${help()}`;
  const away = state.live ? nothing : html`<p class="away" role="alert">${t("away")}</p>`;
  if (!state.session) return html`${header()}${away}<main id="main" tabindex="-1"><h1 tabindex="-1" class="hidden">Tailrace</h1></main>${help()}`;
  const view = VIEWS[state.route.view];
  return html`${header()}${away}
    <main id="main" tabindex="-1">
      ${view.view(state.route, poll)}
      ${state.activity.length ? activity() : nothing}
    </main>
    ${footer()}${help()}
    ${state.question ? question(state.question) : nothing}`;
}

function draw() {
  render(page(), document.getElementById("app"));
  const title = state.session ? VIEWS[state.route.view].title(state.route) : t("sign-in");
  document.title = `${title} · Tailrace`;
  const asked = document.getElementById("question");
  if (asked && !asked.open) asked.showModal();
}

applyTheme();
await loadStrings();
onDraw(draw);
onKeys(() => poll?.wake());
addEventListener("hashchange", () => go());
// Times that have passed go on while nothing is asked.
setInterval(() => !document.hidden && value("fleet") && redraw(), 1000);
redraw();
begin();

// The console by the keyboard alone. Single keys can be switched off: some speak to their machine.
import { redraw, state } from "./state.js";
import { t } from "./strings.js";
import { TABS } from "./views/tabs.js";

const KEPT = "tailrace.keys";
const PLACES = { f: "", t: "topology", a: "alerts", o: "failover" };

let waiting = false; // for what follows g

export function usesKeys(chosen) {
  if (chosen !== undefined) localStorage.setItem(KEPT, chosen ? "on" : "off");
  return localStorage.getItem(KEPT) !== "off";
}

export const shortcuts = () => [
  [["?"], t("keys.help")],
  [["g", "f"], t("page.fleet")],
  [["g", "t"], t("page.topology")],
  [["g", "a"], t("page.alerts")],
  [["g", "o"], t("page.failover")],
  [["/"], t("keys.filter")],
  [["j"], t("keys.next")],
  [["k"], t("keys.previous")],
  [["1", "…", String(TABS.length)], t("keys.tab")],
  [["r"], t("keys.again")],
  [["Esc"], t("keys.close")],
];

export function showHelp() {
  document.getElementById("help").showModal();
}

export function onKeys(again) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (document.querySelector("dialog[open]") || !usesKeys()) return;
    if (press(event.key, again)) event.preventDefault();
  });
}

const isWriting = (place) => place.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");

function press(key, again) {
  if (waiting) {
    waiting = false;
    if (key in PLACES) {
      location.hash = `#/${PLACES[key]}`;
      return true;
    }
  }
  const tab = TABS[Number(key) - 1];
  if (tab && state.route.view === "connectors") {
    location.hash = `#/connectors/${encodeURIComponent(state.route.name)}/${tab}`;
    return true;
  }
  switch (key) {
    case "g":
      waiting = true;
      return true;
    case "?":
      showHelp();
      return true;
    case "/":
      document.querySelector("[data-filter]")?.focus();
      return true;
    case "j":
    case "k":
      return step(key === "j" ? 1 : -1);
    case "r":
      again();
      redraw();
      return true;
    default:
      return false;
  }
}

// To the next of what a view lists.
function step(by) {
  const all = [...document.querySelectorAll("[data-step]")];
  const at = all.indexOf(document.activeElement.closest("[data-step]"));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  next?.focus();
  return Boolean(next);
}

// What one asks for, and what becomes of it: accepted, under way, done or failed. No button is silent.
import { Refused, ask, connectorPath, consolePath, get } from "./api.js";
import { seen } from "./poll.js";
import { announce, now, redraw, state } from "./state.js";
import { t, word } from "./strings.js";

const KEPT = 30;
const LOOK = 700;
const PATIENCE = 90;

// send: makes the request; follow: (entry, answer) → { done, failed, told } of this moment, again and again.
export async function act(what, name, send, follow, patience = PATIENCE) {
  const entry = { what, name, state: "sent", told: "", at: now(), by: state.session?.user || "" };
  state.activity.unshift(entry);
  state.activity.splice(KEPT);
  tell(entry);
  try {
    const answer = await send();
    change(entry, "accepted", "");
    await until(entry, () => follow(answer), patience);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    change(entry, "failed", error.message || t("unreachable"));
  }
  return entry.state === "done";
}

async function until(entry, look, patience) {
  const began = now();
  while (true) {
    await seen();
    const found = await look();
    if (found.failed) return change(entry, "failed", found.failed);
    if (found.done) return change(entry, "done", found.told ?? "");
    if (found.told !== undefined) change(entry, "running", found.told);
    if (now() - began > patience) return change(entry, "failed", t("activity.late", { told: entry.told }));
    await new Promise((done) => setTimeout(done, LOOK));
  }
}

function change(entry, state_, told) {
  const moved = entry.state !== state_;
  entry.state = state_;
  entry.told = told;
  if (moved) entry.ended = now();
  if (moved) tell(entry);
  redraw();
}

function tell(entry) {
  const told = entry.told ? `: ${entry.told}` : "";
  announce(`${word("action", entry.what)} ${entry.name}: ${word("activity", entry.state)}${told}`);
  redraw();
}

// Of a connector

const worded = (status) =>
  [word("state", status.connector.state), ...status.tasks.map((task) => `${t("task")}: ${word("state", task.state)}`)].join(", ");

function failure(status) {
  const failed = [status.connector, ...status.tasks].find((each) => each.state === "FAILED");
  return failed ? (failed.trace ?? word("state", "FAILED")).trim().split("\n")[0] : null;
}

async function reaches(name, holds) {
  const status = await get(connectorPath(name, "/status"));
  return { done: holds(status), failed: failure(status), told: worded(status) };
}

const rests = (wanted) => (status) =>
  status.connector.state === wanted && status.tasks.every((task) => task.state === wanted);
const runs = (status) => rests("RUNNING")(status) && status.tasks.length > 0;

export const pause = (name) =>
  act("pause", name, () => ask("PUT", connectorPath(name, "/pause")), () => reaches(name, rests("PAUSED")));

export const resume = (name) =>
  act("resume", name, () => ask("PUT", connectorPath(name, "/resume")), () => reaches(name, runs));

export const stop = (name) =>
  act("stop", name, () => ask("PUT", connectorPath(name, "/stop")), () => reaches(name, rests("STOPPED")));

export async function restart(name) {
  let before = null;
  const again = async () => {
    const shown = await get(consolePath(name));
    const failed = shown.task === "FAILED" ? shown.reason : null;
    return { done: shown.task === "RUNNING" && shown.started !== before, failed, told: word("state", shown.doing ?? shown.state) };
  };
  const send = async () => {
    before = (await get(consolePath(name))).started;
    return ask("POST", connectorPath(name, "/restart?includeTasks=true"));
  };
  return act("restart", name, send, again);
}

export const remove = (name) =>
  act("delete", name, () => ask("DELETE", connectorPath(name)), async () => ({ done: true }));

export const configure = (name, config) =>
  act("configure", name, () => ask("PUT", connectorPath(name, "/config"), config), () => reaches(name, settled));

export const create = (name, config) =>
  act("create", name, () => ask("POST", "/connectors", { name, config }), () => reaches(name, runs));

const settled = (status) => runs(status) || rests("PAUSED")(status) || rests("STOPPED")(status);

// Of its snapshot

const WELL = ["SUCCEEDED", "EMPTY", ""];
const DAY = 86_400;

// follow: (what is seen now, what was told since it was asked for) → as in act.
function signal(name, type, data, follow, patience) {
  let last = 0;
  const send = async () => {
    last = (await get(consolePath(name, "/snapshot"))).told.at(-1)?.number ?? 0;
    return ask("POST", `/tailrace${connectorPath(name, "/signals")}`, { type, data });
  };
  const look = async (answer) => {
    const shown = await get(consolePath(name, "/snapshot"));
    const since = shown.told.filter((each) => each.number > last);
    const refused = since.find((each) => each.id === answer.id && ["REFUSED", "SKIPPED"].includes(each.type));
    if (refused) return { failed: refused.additionalData?.reason ?? word("notification", refused.type) };
    return follow(shown, since);
  };
  return act(type, name, send, look, patience);
}

export const startSnapshot = (name, data) => signal(name, "execute-snapshot", data, outcome, DAY);

const ENDS = ["COMPLETED", "ABORTED"];

function outcome(shown, since) {
  const end = since.find((each) => ENDS.includes(each.type));
  const rows = `${shown.scanned ?? 0} ${t("rows")}`;
  if (!end) return { told: word("phase", shown.phase) + (shown.phase === "running" ? `, ${rows}` : "") };
  if (end.type === "ABORTED") return { failed: end.additionalData?.reason ?? word("notification", "ABORTED") };
  const bad = since.filter((each) => each.type === "TABLE_SCAN_COMPLETED" && !WELL.includes(each.additionalData?.status));
  if (!bad.length) return { done: true, told: rows };
  return { failed: bad.map((each) => `${each.additionalData.scanned_collection}: ${word("scan", each.additionalData.status)}`).join("; ") };
}

const phase = (holds) => (shown) => ({ done: holds(shown.phase), told: word("phase", shown.phase) });

export const pauseSnapshot = (name) =>
  signal(name, "pause-snapshot", { type: "INCREMENTAL" }, phase((found) => found !== "running"));

export const resumeSnapshot = (name) =>
  signal(name, "resume-snapshot", { type: "INCREMENTAL" }, phase((found) => found !== "paused"));

export const stopSnapshot = (name) =>
  signal(name, "stop-snapshot", { type: "INCREMENTAL" }, phase((found) => !["running", "paused"].includes(found)));

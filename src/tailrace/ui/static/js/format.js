// Figures as people read them.
import { now } from "./state.js";
import { language, t } from "./strings.js";

export const DASH = "–";

export function count(value, digits = 0) {
  if (value === null || value === undefined) return DASH;
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

export function rate(value) {
  if (value === null || value === undefined) return DASH;
  return count(value, value < 10 ? 1 : 0);
}

// Two units at most: 3 h 10 m, 41 s, 0.35 s, 120 ms.
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return DASH;
  if (seconds < 0.0005) return `0 ${t("unit.s")}`;
  if (seconds < 0.1) return `${count(seconds * 1000)} ${t("unit.ms")}`;
  if (seconds < 10) return `${count(seconds, seconds < 1 ? 2 : 1)} ${t("unit.s")}`;
  const whole = Math.round(seconds);
  for (const [size, unit, small, smallUnit] of [
    [86400, "d", 3600, "h"],
    [3600, "h", 60, "m"],
    [60, "m", 1, "s"],
  ]) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / small);
    const head = `${Math.floor(whole / size)} ${t(`unit.${unit}`)}`;
    return rest ? `${head} ${rest} ${t(`unit.${smallUnit}`)}` : head;
  }
  return `${whole} ${t("unit.s")}`;
}

export function bytes(value) {
  if (value === null || value === undefined) return DASH;
  let left = value;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (Math.abs(left) < 1000) return `${count(left, unit === "B" || left >= 100 ? 0 : 1)} ${t(`unit.${unit}`)}`;
    left /= 1000;
  }
  return `${count(left, 1)} ${t("unit.TB")}`;
}

export function percent(share) {
  if (share === null || share === undefined) return DASH;
  return new Intl.NumberFormat(language, { style: "percent" }).format(share);
}

// A moment today as a time, an older one with its date.
export function clock(seconds) {
  if (!seconds) return DASH;
  const moment = new Date(seconds * 1000);
  const old = Date.now() - moment > 12 * 3600 * 1000;
  const date = old ? { day: "2-digit", month: "2-digit" } : {};
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(language, { ...date, ...time }).format(moment);
}

export function ago(seconds) {
  if (!seconds) return t("never");
  const past = now() - seconds;
  return past < 1 ? t("just-now") : t("ago", { time: duration(Math.round(past)) });
}

export const shortUuid = (uuid) => (uuid ? uuid.slice(0, 8) : "");

// 3b3c02fd…:1-640: a set of GTIDs that fits a line.
export function gtids(set) {
  if (!set) return DASH;
  return set.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (uuid) => `${shortUuid(uuid)}…`).replaceAll(",", ", ");
}

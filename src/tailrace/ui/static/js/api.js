// Requests to the worker. Credentials are kept by the tab alone, and sent as a header: no other page can send them.
const KEPT = "tailrace.authorization";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status; // 0: nothing answered
  }
}

export function signIn(user, secret) {
  const bytes = new TextEncoder().encode(`${user}:${secret}`);
  const basic = btoa(String.fromCharCode(...bytes));
  sessionStorage.setItem(KEPT, user ? `Basic ${basic}` : `Bearer ${secret}`);
}

export function signOut() {
  sessionStorage.removeItem(KEPT);
}

export async function ask(method, path, body, signal) {
  const headers = { Accept: "application/json", "X-Tailrace-Console": "1" };
  const authorization = sessionStorage.getItem(KEPT);
  if (authorization) headers.Authorization = authorization;
  if (body !== undefined || method !== "GET") headers["Content-Type"] = "application/json";
  let answer;
  try {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    answer = await fetch(path, { method, headers, body: sent, signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, error.message);
  }
  const text = await answer.text();
  const found = text ? parsed(text) : null;
  if (!answer.ok) throw new Refused(answer.status, found?.message ?? (text || `HTTP ${answer.status}`));
  return found;
}

export const get = (path, signal) => ask("GET", path, undefined, signal);

export const connectorPath = (name, rest = "") => `/connectors/${encodeURIComponent(name)}${rest}`;

export const consolePath = (name, rest = "") => `/console/api${connectorPath(name, rest)}`;

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

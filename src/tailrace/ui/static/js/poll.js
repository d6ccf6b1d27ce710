// Asks for the sources of a view again and again, while somebody can see it.
import { Refused, get } from "./api.js";
import { redraw, state } from "./state.js";

const LONGEST = 30_000;
const REST = 4; // times as long as the answer took

// Resolves at once while the tab is seen, or when it is seen again.
export function seen() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      done();
    };
    document.addEventListener("visibilitychange", look);
  });
}

export class Poll {
  // sources: name → { path, every (ms), 0: once, and when asked }
  constructor(sources) {
    this.sources = sources;
    this.ending = new AbortController();
    this.wakes = new Map();
    for (const name of Object.keys(sources)) this.follow(name);
  }

  stop() {
    this.ending.abort();
    for (const wake of this.wakes.values()) wake();
  }

  // Now, and not when it is due.
  wake() {
    for (const wake of this.wakes.values()) wake();
  }

  async follow(name) {
    let failures = 0;
    while (!this.ending.signal.aborted) {
      await seen();
      if (this.ending.signal.aborted) return;
      // A view may ask for something else meanwhile.
      const { path, every, then } = this.sources[name];
      const began = performance.now();
      failures = (await this.look(name, path, then)) ? 0 : failures + 1;
      // What takes long is asked for less often: whoever answers has other work too.
      const least = every ? Math.max(every, REST * (performance.now() - began)) : 0;
      const pause = failures ? Math.min(LONGEST, (every || 5000) * 2 ** Math.min(failures - 1, 5)) : least;
      await this.pause(name, pause);
    }
  }

  async look(name, path, then) {
    const before = state.data[name];
    try {
      const value = await get(path, this.ending.signal);
      if (typeof value?.at === "number") state.clock = value.at - Date.now() / 1000;
      state.data[name] = { value: then ? then(value, before?.value) : value, error: null, at: Date.now() };
      state.live = true;
    } catch (error) {
      if (error.name === "AbortError") return true;
      if (!(error instanceof Refused)) throw error;
      if (error.status === 401) state.needs = error.message;
      if (error.status === 0) state.live = false;
      state.data[name] = { value: before?.value ?? null, error, at: before?.at ?? 0 };
    }
    redraw();
    return state.data[name].error === null;
  }

  pause(name, milliseconds) {
    return new Promise((done) => {
      // 0: until it is asked for.
      const timer = milliseconds ? setTimeout(done, milliseconds) : 0;
      this.wakes.set(name, () => {
        clearTimeout(timer);
        done();
      });
    });
  }
}

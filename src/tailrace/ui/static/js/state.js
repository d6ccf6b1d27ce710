// What all views share, and how to have it drawn anew.
export const state = {
  session: null, // who one is, and which worker this is
  route: { view: "fleet", name: "", tab: "" },
  data: {}, // of the view's sources: { value, error, at }
  activity: [], // what was asked for here, newest first
  clock: 0, // seconds that the worker's clock is ahead of this machine's
  live: true, // whether answers come
  needs: null, // why one must sign in
};

let drawing = () => {};
let asked = false;

export function onDraw(draw) {
  drawing = draw;
}

export function redraw() {
  if (asked) return;
  asked = true;
  // Not a frame: a hidden tab has none, and what was announced must still be there when it comes back.
  queueMicrotask(() => {
    asked = false;
    drawing();
  });
}

export const value = (name) => state.data[name]?.value ?? null;

export const now = () => Date.now() / 1000 + state.clock;

export const mayAct = () => state.session?.role === "operator";

export function announce(text) {
  document.getElementById("live").textContent = text;
}

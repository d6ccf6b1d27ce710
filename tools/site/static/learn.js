// Exercises of a lesson, where `tailrace learn serve` serves the page: buttons, what the check saw, marks in the
// navigation. Elsewhere the page stays as it is and says how to get them.
"use strict";

const API = "/learn/api";
const lang = document.documentElement.lang;
const sections = [...document.querySelectorAll("[data-exercise]")];

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

async function ask(path, options) {
  const answer = await fetch(`${API}/${path}`, { cache: "no-store", ...options });
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.message), { hint: told.hint });
  return told;
}

function act(action, body = {}) {
  const options = { method: "POST", headers: { "content-type": "application/json" } };
  return ask(action, { ...options, body: JSON.stringify({ lang, ...body }) }).then(begun, (error) => problem(error));
}

// An action may have ended before its beginning is told, and what is shown is newer: it would stay hidden until the
// next news.
function begun(state) {
  if (!latest || number(state) >= number(latest)) show(state);
}

const number = ({ version }) => Number.parseInt(version, 10);

// Lines of a task that begin with a blank, a dash or a bar stand as they are; others flow.
function prose(text, tag = "div") {
  const parts = text.split("\n\n").map((part) => make(/^[ \-|]/.test(part) ? "pre" : "p", { textContent: part }));
  return make(tag, { className: "task" }, ...parts);
}

function button(id, label, action, disabled) {
  return make("button", { id, type: "button", textContent: label, onclick: action, disabled });
}

function question(asked, kept) {
  const id = `answer-${asked.name}`;
  const field = asked.choices.length
    ? make("select", { id, name: asked.name }, make("option", { value: "", textContent: words.choose }),
      ...asked.choices.map((choice) => make("option", { value: choice, textContent: choice })))
    : make("input", { id, name: asked.name, autocomplete: "off", spellcheck: false });
  field.value = kept ?? "";
  return make("p", { className: "question" }, make("label", { htmlFor: id, textContent: asked.text }), field);
}

function given(form) {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim()));
}

function seen(each) {
  const mark = make("span", { className: each.holds ? "holds" : "fails", textContent: each.holds ? "✓ " : "✗ " });
  return make("li", {}, mark, `${each.text}: ${each.evidence}`);
}

function verdict(current, kind) {
  if (!current.seen.length) return [];
  const list = make("ul", { className: "seen" }, ...current.seen.map(seen));
  if (current.drill && current.over && !current.passed) return [list];
  const said = current.passed
    ? fill(words.passed, current)
    : kind === "prediction" ? words.predicted_wrong : words.failed;
  return [
    list,
    make("p", { className: current.passed ? "holds verdict" : "fails verdict", textContent: said }),
  ];
}

// What was typed and not yet sent stays when the state changes.
const typed = {};

// Of a drill: which incident it is, until when it counts, and what became of those that are over.
function clock(drill, over) {
  if (!drill) return [];
  const until = new Date(drill.until * 1000).toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const values = { number: drill.number, all: drill.number + drill.ahead, until };
  const came = drill.incidents.map((each) => {
    const text = fill(each.solved ? words.solved : words.unsolved, each);
    return make("li", { className: each.solved ? "holds" : "fails", textContent: text });
  });
  return [
    ...(over ? [] : [make("p", { className: "label", textContent: fill(words.clock, values) })]),
    ...(came.length ? [make("ul", { className: "seen" }, ...came)] : []),
  ];
}

function work(section, current, busy, costs) {
  const form = make("form", { className: "answers" });
  const answers = { ...current.answers, ...typed[current.name] };
  form.append(...current.questions.map((asked) => question(asked, answers[asked.name])));
  form.oninput = () => (typed[current.name] = given(form));
  form.onsubmit = (event) => {
    event.preventDefault();
    act("check", { answers: given(form) });
  };
  const buttons = make("p", { className: "buttons" });
  if (!current.over) {
    buttons.append(make("button", { id: "check", type: "submit", textContent: words.check, disabled: busy, className: "primary" }));
    if (current.hints.length < costs.length) {
      const label = fill(words.hint, { cost: costs[current.hints.length] });
      buttons.append(button("hint", label, () => act("hint"), busy));
    }
    buttons.append(button("reset", words.reset, () => act("reset"), busy));
    form.append(buttons);
  } else {
    form.replaceChildren();
  }
  const hints = current.hints.map((hint) => make("li", { textContent: hint }));
  return [
    ...clock(current.drill, current.over),
    prose(current.task),
    ...(hints.length ? [make("p", { className: "label", textContent: words.hints }), make("ol", {}, ...hints)] : []),
    form,
    ...verdict(current, section.dataset.kind),
    ...(current.explanation
      ? [make("p", { className: "label", textContent: words.why_so }), prose(current.explanation)]
      : []),
  ];
}

function render(section, state) {
  const name = section.dataset.exercise;
  const { doing, current, costs, exercises } = state;
  const mine = current?.name === name ? current : null;
  let place = section.querySelector(".live");
  if (!place) section.append((place = make("div", { className: "live" })));
  place.setAttribute("aria-live", "polite");
  const standing = exercises[name] ?? { state: "new" };
  section.querySelector(".state").textContent = mark(standing);
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  const parts = mine && doing?.action !== "start" ? work(section, mine, Boolean(doing), costs) : [];
  if (doing && doing.exercise === name) {
    const what = words[`doing-${doing.step}`] ?? words[`doing-${doing.action}`] ?? doing.action;
    parts.push(make("p", { className: "doing", textContent: fill(words.running, { what }) }));
  }
  if (state.error && (mine || wanted === name)) parts.push(refusal(state.error));
  if (mine?.over && mine.drill?.ahead) {
    const following = button("next", words.next, () => act("next"), Boolean(doing));
    following.className = "primary";
    parts.push(make("p", { className: "buttons" }, following));
  }
  if (!mine || mine.over) {
    const label = standing.state === "new" ? words.start : words.again;
    const begin = button(`start-${name}`, label, () => start(name, current), Boolean(doing));
    begin.className = mine?.drill?.ahead ? "" : "primary";
    parts.push(make("p", { className: "buttons" }, begin));
  }
  place.replaceChildren(...parts);
  if (focused) document.getElementById(focused)?.focus();
}

let wanted = "";
function start(name, current) {
  const going = current && (current.drill?.ahead || (!current.over && current.name !== name));
  if (going && !confirm(words.replaces)) return;
  wanted = name;
  delete typed[name];
  act("start", { name });
}

function refusal(error) {
  return make("p", { className: "fails" }, [error.message, error.hint].filter(Boolean).join(" — "));
}

function problem(error) {
  const section = sections.find((each) => each.dataset.exercise === (wanted || latest?.current?.name)) ?? sections[0];
  section?.querySelector(".live")?.append(refusal(error));
}

function mark(standing) {
  if (standing.state === "passed") return `✓ ${fill(words.done, standing)}`;
  return standing.state === "started" ? words.begun : "";
}

// In the navigation and on the map: how many of a lesson's exercises are done, and the mean of their scores.
function marks(state) {
  for (const link of document.querySelectorAll(".sidebar-tree a, table.map a")) {
    const number = /lessons\/(\d+)-[^/]*\.html/.exec(link.href)?.[1];
    const own = Object.values(state.exercises).filter((each) => each.lesson === Number(number));
    if (!own.length) continue;
    const done = own.filter((each) => each.state === "passed");
    let badge = link.querySelector(".progress");
    if (!badge) link.append((badge = make("span", { className: "progress" })));
    const mean = done.length ? Math.round(done.reduce((sum, each) => sum + each.score, 0) / done.length) : 0;
    badge.textContent = done.length ? `✓ ${done.length}/${own.length} · ${mean}` : `${done.length}/${own.length}`;
    badge.classList.toggle("whole", done.length === own.length);
  }
}

let latest = null;
function show(state) {
  latest = state;
  marks(state);
  for (const section of sections) render(section, state);
}

function stay() {
  const heading = sections[0]?.parentElement.querySelector("h2");
  heading?.nextElementSibling?.after(make("p", { className: "no-runner", textContent: words.no_runner }));
}

async function follow() {
  try {
    show(await ask(`state?lang=${lang}`));
  } catch {
    stay();
    return;
  }
  for (;;) {
    try {
      show(await ask(`state?lang=${lang}&after=${latest.version}`));
    } catch {
      // The runner has ended, perhaps to come again.
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

// Only who serves pages with a runner sets this; no other server is asked for what it has not.
if (document.querySelector("meta[name='tailrace-runner']")) follow();
else stay();

// Texts of the console in the language that is chosen: one table, strings.json.
const KEPT = "tailrace.language";
export const LANGUAGES = { en: "English", ru: "Русский" };

let table = {};
export let language = "en";

export async function loadStrings() {
  const answer = await fetch("strings.json");
  table = await answer.json();
  const wanted = localStorage.getItem(KEPT) ?? navigator.language?.slice(0, 2);
  use(wanted in LANGUAGES ? wanted : "en");
}

export function setLanguage(chosen) {
  localStorage.setItem(KEPT, chosen);
  use(chosen);
}

function use(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
}

// {name} in a text stands for values.name.
export function t(key, values = {}) {
  const text = table[key]?.[language];
  if (text === undefined) throw new Error(`no text for ${key} in ${language}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// For words of the worker's: one that is new to us is shown as it is.
export function word(group, given) {
  return table[`${group}.${given}`]?.[language] ?? given;
}

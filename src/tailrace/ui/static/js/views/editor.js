// A configuration that is being written: fields and JSON of the same text, held against the worker's rules.
import { Refused, ask, get } from "../api.js";
import { html, nothing } from "../html.js";
import { button, problem } from "../parts.js";
import { mayAct, redraw } from "../state.js";
import { t } from "../strings.js";

const CLASS = "io.debezium.connector.mysql.MySqlConnector";
const written = (config) => JSON.stringify(config, Object.keys(config).toSorted(), 2);

let definitions = null; // of all properties: name → { documentation, default_value }

async function learn() {
  if (definitions) return;
  definitions = {};
  const found = await get(`/connector-plugins/${CLASS}/config`);
  definitions = Object.fromEntries(found.map((each) => [each.name, each]));
  redraw();
}

export class Editor {
  // keep: what is done with a configuration; save: the word for that.
  constructor(config, { save, keep }) {
    this.save = save;
    this.keep = keep;
    this.reset(config);
    learn().catch(() => {});
  }

  reset(config) {
    this.stored = written(config);
    this.text = this.stored;
    this.config = { ...config };
    this.wrong = ""; // why the text is no configuration
    this.verdict = null; // of the worker: name → what is wrong with it
    this.error = null;
    redraw();
  }

  // What is stored now: taken as long as nothing was written here.
  offer(config) {
    const stored = written(config);
    if (stored !== this.stored && this.text === this.stored) this.reset(config);
  }

  get changed() {
    return this.text !== this.stored;
  }

  write(text) {
    this.text = text;
    this.verdict = null;
    try {
      const given = JSON.parse(text);
      const flat = given && typeof given === "object" && !Array.isArray(given);
      this.wrong = flat ? "" : t("config.not-flat");
      if (flat) this.config = given;
    } catch (error) {
      this.wrong = error.message;
    }
    redraw();
  }

  set(name, value) {
    const config = { ...this.config, [name]: value };
    if (value === "") delete config[name];
    this.config = config;
    this.write(written(config));
  }

  async check() {
    this.error = null;
    try {
      const name = this.config["connector.class"] ?? CLASS;
      const path = `/connector-plugins/${encodeURIComponent(name)}/config/validate`;
      const found = await ask("PUT", path, this.config);
      const values = found.configs.map((each) => each.value).filter((each) => each?.errors.length);
      this.verdict = Object.fromEntries(values.map((each) => [each.name, each.errors]));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.error = error;
    }
    redraw();
  }

  view() {
    const why = this.wrong ? t("config.no-json", { why: this.wrong }) : "";
    return html`<section class="editor">
      <p class="quiet">${t("config.note")}</p>
      <div class="buttons">
        ${button(this.save, () => this.keep(this.config), { kind: "first", why: why || (this.changed ? "" : t("config.unchanged")) })}
        ${button(t("config.check"), () => this.check(), { why })}
        ${button(t("config.reset"), () => this.reset(JSON.parse(this.stored)), { why: this.changed ? "" : t("config.unchanged") })}
      </div>
      ${this.error ? problem(this.error) : nothing}${this.verdict ? this.judged() : nothing}
      <div class="panes">${this.fields()}${this.json(why)}</div>
    </section>`;
  }

  judged() {
    const found = Object.entries(this.verdict);
    if (!found.length) return html`<p class="note good" role="status">${t("config.fine")}</p>`;
    return html`<div class="problem" role="alert"><ul>${found.map(([name, errors]) => html`<li><code>${name}</code> <span lang="en">${errors.join("; ")}</span></li>`)}</ul></div>`;
  }

  fields() {
    const names = Object.keys(this.config).toSorted();
    const missing = Object.keys(definitions ?? {}).filter((name) => !(name in this.config));
    return html`<div><h2>${t("config.fields")}</h2>
      <div class="fields">${names.map((name, at) => html`<label for="field-${at}" title=${definitions?.[name]?.documentation ?? nothing}><code>${name}</code></label>
        <input id="field-${at}" .value=${String(this.config[name])} ?readonly=${!mayAct()} spellcheck="false"
          aria-invalid=${this.verdict?.[name] ? "true" : nothing}
          @change=${(event) => this.set(name, event.target.value)}>`)}</div>
      ${mayAct() ? html`<form class="add" @submit=${(event) => this.add(event)}>
        <label>${t("config.property")}<input name="name" list="properties" spellcheck="false" required></label>
        <label>${t("config.value")}<input name="value" spellcheck="false" required></label>
        <button>${t("config.add")}</button>
        <datalist id="properties">${missing.map((name) => html`<option value=${name}>${definitions[name].documentation}</option>`)}</datalist>
      </form>` : nothing}</div>`;
  }

  add(event) {
    event.preventDefault();
    const given = new FormData(event.target);
    this.set(given.get("name").trim(), given.get("value"));
    event.target.reset();
  }

  json(why) {
    return html`<div><h2><label for="json">${t("config.json")}</label></h2>
      <textarea id="json" spellcheck="false" .value=${this.text} ?readonly=${!mayAct()} rows=${Math.min(40, this.text.split("\n").length + 1)}
        aria-invalid=${why ? "true" : nothing} aria-describedby="json-wrong" @input=${(event) => this.write(event.target.value)}></textarea>
      <p id="json-wrong" class="wrong" role="status">${why}</p></div>`;
  }
}

// A connector that is not there yet.
import { create } from "../actions.js";
import { html, nothing } from "../html.js";
import { redraw } from "../state.js";
import { t } from "../strings.js";
import { Editor } from "./editor.js";

export const title = () => t("new");
export const sources = () => ({});

const BEGINNING = {
  "connector.class": "io.debezium.connector.mysql.MySqlConnector",
  "topic.prefix": "shop",
  "database.hostname": "127.0.0.1",
  "database.port": "3306",
  "database.user": "capture",
  "database.password": "${env:MYSQL_PASSWORD}",
  "database.include.list": "shop",
};

let editor = null;
let name = "";
let wrong = false;

async function keep(config) {
  wrong = !name.trim();
  redraw();
  if (wrong) return document.getElementById("name").focus();
  const made = name.trim();
  if (await create(made, config)) {
    editor = null;
    name = "";
    location.hash = `#/connectors/${encodeURIComponent(made)}`;
  }
}

export function view() {
  editor ??= new Editor(BEGINNING, { save: t("new.create"), keep });
  // As it is given at first, it may be meant.
  editor.stored = "";
  return html`<p class="crumbs"><a href="#/">${t("page.fleet")}</a></p>
    <h1 tabindex="-1">${t("new")}</h1>
    <label class="filter">${t("new.name")}<input id="name" .value=${name} spellcheck="false" aria-invalid=${wrong ? "true" : nothing}
      @input=${(event) => {
        name = event.target.value;
      }}></label>
    ${wrong ? html`<p role="alert" class="problem">${t("new.no-name")}</p>` : nothing}
    ${editor.view()}`;
}

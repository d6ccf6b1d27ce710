// The configuration: a field for each property, and beside them all of it as JSON. Either may be written in.
import { configure } from "../actions.js";
import { connectorPath, get } from "../api.js";
import { t } from "../strings.js";
import { Editor } from "./editor.js";

const editors = new Map();

export const sources = () => ({});

export function view(route, _, shown) {
  let editor = editors.get(route.name);
  if (!editor) {
    editors.clear();
    editor = new Editor(shown.config, {
      save: t("config.save"),
      keep: async (config) => {
        if (await configure(route.name, config)) editor.reset(await get(connectorPath(route.name, "/config")));
      },
    });
    editors.set(route.name, editor);
  }
  editor.offer(shown.config);
  return editor.view();
}

// A tab for a setting that is a document of rules: its rules in words, and the document to edit.

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { visible } from "../lib/format.js";
import { openDialog } from "../parts/dialog.js";
import { jsonEditor } from "../parts/json-editor.js";
import { empty } from "../parts/states.js";
import { saveSetting } from "./settings-save.js";

/** `name`: of the setting; `rules(value)`: the list; `words(rule)`: [title, text]; `templates`: [[name, document]]. */
export function documentTab({ name, rules, words, templates }) {
  return ({ bucket, settings, after }) => {
    const setting = settings[name];
    const all = setting.value ? rules(setting.value) : [];
    const edit = setting.canWrite !== false && h("button.button.small", { type: "button", on: { click: () => after(editDocument(bucket, name, setting, templates)) } }, icon("pencil"), t(setting.value ? "document.edit" : "document.add"));
    return h("div.stack.form-page", h("section.panel.padded", h("div.section-head", h("h2", t(`setting.${name}`)), edit), h("p.muted", t(`document.text.${name}`)),
      setting.canRead === false ? h("p.muted", t("settings.mayNotRead")) : setting.error ? h("p.danger-text", visible(setting.error.message)) : all.length === 0 ? empty(t(`document.none.${name}`))
        : h("ul.rules", all.map((rule) => {
          const [title, text] = words(rule);
          return h("li.rule", h("strong", h("bdi", visible(title))), h("p.muted.break", visible(text)));
        }))));
  };
}

function editDocument(bucket, name, setting, templates) {
  const editor = jsonEditor({ label: t(`setting.${name}`), value: setting.value, templates, check: (document) => (typeof document === "object" && !Array.isArray(document) ? null : t("policy.noObject")), rows: 18 });
  return openDialog({ title: t(`setting.${name}`), wide: true, body: [h("p.muted", t("document.editText")), editor.element],
    submit: { label: t("action.save"), action: () => saveSetting(bucket, name, setting, editor.read()) } });
}

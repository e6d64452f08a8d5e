// Form fields: a label, a control, a hint.

import { h, icon, uniqueId } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { toast } from "./toast.js";

/** A labelled control; `hint` stands under it and describes it. */
export function field(label, control, hint, className = "") {
  const target = control.matches("input, select, textarea") ? control : control.querySelector("input, select, textarea") ?? control;
  target.id ||= uniqueId("field");
  const note = hint && h("p.hint", { id: uniqueId("hint") }, hint);
  if (note) target.setAttribute("aria-describedby", note.id);
  return h(`div.field${className}`, h("label.label", { for: target.id }, label), control, note);
}

export function textInput(props = {}) {
  return h("input", { type: "text", autocomplete: "off", spellcheck: false, ...props });
}

export function select(options, value, props = {}) {
  return h("select", props, options.map(([id, label]) => h("option", { value: id, selected: id === value }, label)));
}

export function checkbox(label, checked = false, props = {}) {
  const input = h("input", { type: "checkbox", checked, ...props });
  return h("label.check", input, h("span", label));
}

/** A switch with its state in words, for settings that apply at once. */
export function radios(name, options, value, changed) {
  return h("div.radios", { role: "radiogroup", "aria-label": name }, options.map(([id, label, hint]) =>
    h("label.check", h("input", { type: "radio", name: uniqueId(name.replace(/\W/g, "")).replace(/-\d+$/, ""), value: id, checked: id === value, on: { change: () => changed?.(id) } }),
      h("span", label, hint && h("span.hint", hint)))));
}

/** A value with a button that copies it. */
export function copyField(value, label) {
  const input = h("input", { type: "text", readOnly: true, value, "aria-label": label, class: "mono", on: { focus: (event) => event.target.select() } });
  return h("div.copy-field", input, copyButton(() => input.value, label));
}

export function copyButton(text, label) {
  return h("button.icon-button", { type: "button", "aria-label": t("action.copyWhat", { what: label }), title: t("action.copy"), on: { click: async (event) => {
    event.stopPropagation();
    await copyText(typeof text === "function" ? text() : text);
    toast(t("toast.copied", { what: label }));
  } } }, icon("copy"));
}

/** Copies; the asynchronous clipboard exists in secure contexts only. */
export async function copyText(text) {
  if (navigator.clipboard && isSecureContext) {
    try {
      return await navigator.clipboard.writeText(text);
    } catch {
      // Denied; the older way follows.
    }
  }
  const area = h("textarea", { value: text, readOnly: true, class: "off-screen" });
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

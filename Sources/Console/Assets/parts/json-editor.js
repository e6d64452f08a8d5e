// An editor for a JSON document: line numbers, errors with their line, templates. No library.

import { h, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { field, select } from "./fields.js";
import { Invalid } from "./dialog.js";

/**
 * `value`: the document, or null. `templates`: [[name, document]]. `check(document)`: a complaint in words, or null.
 * `read()` gives the document, null for an empty text, or throws Invalid.
 */
export function jsonEditor({ label, value, templates = [], check = () => null, rows = 16 }) {
  const numbers = h("pre.line-numbers", { "aria-hidden": "true" });
  const area = h("textarea.code", { rows, spellcheck: false, wrap: "off", value: value === null || value === undefined ? "" : JSON.stringify(value, null, 2), "aria-label": label });
  const said = h("p.field-error", { "aria-live": "polite" });

  const parsed = () => {
    if (area.value.trim() === "") return { document: null };
    try {
      const document = JSON.parse(area.value);
      const complaint = check(document);
      return complaint ? { complaint } : { document };
    } catch (error) {
      return { complaint: t("json.wrong", { what: located(error.message, area.value) }) };
    }
  };
  const changed = () => {
    numbers.textContent = Array.from({ length: area.value.split("\n").length }, (_, n) => n + 1).join("\n");
    said.textContent = parsed().complaint ?? "";
    numbers.scrollTop = area.scrollTop;
  };
  area.addEventListener("input", changed);
  area.addEventListener("scroll", () => { numbers.scrollTop = area.scrollTop; });
  area.addEventListener("keydown", (event) => {
    // Tab leaves the field, as everywhere; Enter keeps the indent.
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    const line = area.value.slice(0, area.selectionStart).split("\n").at(-1);
    const indent = /^\s*/.exec(line)[0] + (/[[{]\s*$/.test(line) ? "  " : "");
    event.preventDefault();
    area.setRangeText(`\n${indent}`, area.selectionStart, area.selectionEnd, "end");
    changed();
  });
  const choice = templates.length > 0 && select([["", t("json.choose")], ...templates.map(([name], n) => [String(n), name])], "", { on: { change: () => {
    if (choice.value === "") return;
    area.value = JSON.stringify(templates[Number(choice.value)][1], null, 2);
    choice.value = "";
    changed();
    area.focus();
  } } });
  changed();
  return {
    area,
    element: h("div.json-editor", choice && field(t("json.template"), choice), h("div.code-box", numbers, area), said),
    read() {
      const { document, complaint } = parsed();
      if (complaint) throw new Invalid(complaint, area);
      return document;
    },
  };
}

/** V8 tells a position; people count lines. */
function located(message, text) {
  const position = /position (\d+)/.exec(message);
  if (!position || /line \d+/.test(message)) return message;
  const before = text.slice(0, Number(position[1])).split("\n");
  return `${message} (line ${before.length}, column ${before.at(-1).length + 1})`;
}

export function showJSON(value) {
  return h("pre.json-shown", { tabIndex: 0 }, fill(h("code"), JSON.stringify(value, null, 2)));
}

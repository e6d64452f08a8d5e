// Rows of names and values: tags, metadata.

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { Invalid } from "./dialog.js";

/** `read()` gives {name: value} or throws Invalid. `limit`: the number of rows at most. */
export function pairsEditor(pairs, { limit = 50, lower = false } = {}) {
  const rows = h("div.pairs");
  const add = (name = "", value = "") => {
    const row = h("div.pair",
      h("input", { type: "text", value: name, "aria-label": t("pairs.name"), placeholder: t("pairs.name"), autocomplete: "off", spellcheck: false }),
      h("input", { type: "text", value, "aria-label": t("pairs.value"), placeholder: t("pairs.value"), autocomplete: "off", spellcheck: false }),
      h("button.icon-button", { type: "button", "aria-label": t("pairs.remove", { name }), title: t("action.remove"), on: { click: () => { row.remove(); follow(); } } }, icon("trash")));
    rows.append(row);
    follow();
    return row;
  };
  const more = h("button.button.small", { type: "button", on: { click: () => add().querySelector("input").focus() } }, icon("plus"), t("pairs.add"));
  const follow = () => { more.disabled = rows.children.length >= limit; };
  for (const [name, value] of Object.entries(pairs)) add(name, value);
  if (rows.children.length === 0) add();
  return { element: h("div.stack.tight", rows, h("div", more)), read() {
    const result = {};
    for (const row of rows.children) {
      const [name, value] = row.querySelectorAll("input");
      const key = lower ? name.value.trim().toLowerCase() : name.value;
      if (key === "" && value.value === "") continue;
      if (key === "") throw new Invalid(t("pairs.noName"), name);
      if (Object.hasOwn(result, key)) throw new Invalid(t("pairs.twice", { name: key }), name);
      Object.defineProperty(result, key, { value: value.value, enumerable: true, configurable: true, writable: true });
    }
    return result;
  } };
}

// The head of a page: title or path, and its actions on the right.

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

export function pageHead(title, ...actions) {
  return h("header.page-head", typeof title === "string" ? h("h1", title) : title, h("div.actions", actions));
}

/** The box that filters a list; "/" goes there, Escape clears it. `changed` is called 120 ms after the last key. */
export function filterBox(placeholder, changed, value = "") {
  let timer;
  const input = h("input", { type: "search", placeholder, "aria-label": placeholder, value, autocomplete: "off", spellcheck: false, on: {
    input: () => { clearTimeout(timer); timer = setTimeout(() => changed(input.value), 120); },
    keydown: (event) => {
      if (event.key === "Escape" && input.value !== "") {
        input.value = "";
        changed("");
        event.stopPropagation();
      } else if (event.key === "ArrowDown") input.closest(".page")?.querySelector(".grid")?.focus();
    },
  } });
  return h("div.filter", icon("search"), input, h("kbd", "/"));
}

export function refreshButton(action) {
  return h("button.button", { type: "button", on: { click: action } }, icon("refresh"), h("span", t("action.refresh")));
}

/** Objects / Settings of a bucket. */
export function bucketTabs(bucket, active, links) {
  return h("nav.segments", { "aria-label": t("bucket.views") }, links.map(([id, label, href]) => h("a", { href, "aria-current": id === active ? "page" : null }, label)));
}

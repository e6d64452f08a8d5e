// The path of a prefix: each part a link; a pencil makes it a text; a button copies it.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { visible } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { copyButton } from "./fields.js";

/** `at`: the time that the bucket is shown as of, which links within it keep. */
export function breadcrumb(bucket, prefix, at = "") {
  const element = h("div.breadcrumb");
  const link = (text, to) => h("a.crumb", { href: to }, h("bdi", text));
  const parts = prefix === "" ? [] : prefix.replace(/\/$/, "").split("/");
  const ends = prefix.endsWith("/") || prefix === "";

  function show() {
    let path = "";
    const trail = parts.map((part, n) => {
      path += n < parts.length - 1 || ends ? `${part}/` : part;
      return [h("span.crumb-line", "/"), n === parts.length - 1 ? h("bdi", visible(part) || "\u2205") : link(visible(part) || "\u2205", href(["buckets", bucket, "objects"], { prefix: path, at }))];
    });
    fill(element, h("h1", link(t("buckets.title"), "#/buckets"), h("span.crumb-line", "/"), parts.length === 0 ? h("bdi", visible(bucket)) : link(visible(bucket), href(["buckets", bucket, "objects"], { at })), trail),
      h("button.icon-button", { type: "button", "aria-label": t("crumb.edit"), title: t("crumb.edit"), on: { click: edit } }, icon("pencil")),
      copyButton(`${bucket}/${prefix}`, t("crumb.path")));
  }

  function edit() {
    const input = h("input", { type: "text", value: prefix, "aria-label": t("crumb.label", { name: bucket }), spellcheck: false, autocomplete: "off", on: {
      keydown: (event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          show();
        }
      },
      blur: () => setTimeout(() => { if (element.contains(input)) show(); }, 150),
    } });
    fill(element, h("form.crumb-form", { on: { submit: (event) => {
      event.preventDefault();
      const wanted = input.value.replace(/^\//, "");
      go(href(["buckets", bucket, "objects"], { prefix: wanted === "" || wanted.endsWith("/") ? wanted : `${wanted}/`, at }));
      show();
    } } }, h("span.muted.nowrap", `${visible(bucket)} /`), input));
    input.focus();
  }
  show();
  return element;
}

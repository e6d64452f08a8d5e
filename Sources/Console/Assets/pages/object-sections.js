// Sections of the sidebar.

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { has } from "../lib/api.js";
import { bytes, exact, number, visible, when } from "../lib/format.js";
import { copyButton } from "../parts/fields.js";

export function section(title, action, ...content) {
  return h("section.drawer-section", h("div.section-head", h("h3", title), action), content);
}

function fact(label, value, copied) {
  return h("div.fact", h("dt", label), h("dd", value, copied !== undefined && copyButton(copied, label.replace(/:$/, ""))));
}

function edit(drawer, object, module, call, name) {
  return h("button.icon-button", { type: "button", "aria-label": t("action.editWhat", { what: name }), title: t("action.editWhat", { what: name }), on: { click: async () => (await import(`./${module}.js`))[call](drawer, object) } }, icon("pencil"));
}

export function info(object) {
  return section(t("object.info"), null, h("dl",
    fact(t("object.name"), h("bdi.break", visible(object.key)), object.key),
    fact(t("object.size"), h("span", { title: `${number(object.size)} B` }, bytes(object.size), object.size >= 1024 && h("span.muted", ` (${number(object.size)} B)`))),
    fact(t("object.modified"), h("span", { title: exact(object.modified) }, when(object.modified), h("span.muted", ` · ${exact(object.modified)}`))),
    fact(t("object.etag"), h("code.break", object.etag), object.etag),
    object.version && fact(t("object.version"), h("code.break", object.version), object.version),
    object.class && fact(t("object.class"), object.class),
    object.contentType && fact(t("object.type"), h("span.break", visible(object.contentType))),
    object.parts && fact(t("object.parts"), number(object.parts))));
}

export function tags(drawer, object, allowed) {
  if (object.tags === undefined) return null;
  const all = Object.entries(object.tags);
  return section(t("object.tagsTitle"), has("PUT object/tags") && allowed["s3:PutObjectTagging"] && edit(drawer, object, "object-edit", "editTags", t("object.tagsTitle")),
    all.length === 0 ? h("p.muted", t("object.noTags")) : h("div.row", all.map(([name, value]) => h("span.badge", h("bdi", value === "" ? visible(name) : `${visible(name)} = ${visible(value)}`)))));
}

export function retention(drawer, object, allowed) {
  if (object.retention === undefined && object.legalHold === undefined) return null;
  return section(t("object.keeping"), null, h("dl",
    fact(t("object.hold"), [t(object.legalHold ? "state.on" : "state.off"), has("PUT object/hold") && allowed["s3:PutObjectLegalHold"] && edit(drawer, object, "object-edit", "editHold", t("object.legalHold"))]),
    fact(t("object.retentionPolicy"), [object.retention ? h("span", { title: exact(object.retention.until) }, t("object.until", { mode: object.retention.mode, time: when(object.retention.until) })) : t("retention.none"),
      has("PUT object/retention") && allowed["s3:PutObjectRetention"] && edit(drawer, object, "object-edit", "editRetention", t("object.retention"))])));
}

export function metadata(object) {
  return section(t("object.metadataTitle"), copyButton(() => object.headers.map(([name, value]) => `${name}: ${value}`).join("\n"), t("object.metadataTitle")),
    h("dl.headers", object.headers.map(([name, value]) => h("div.header", h("dt", visible(name)), h("dd", h("bdi", visible(value)))))));
}

export function checksums(object) {
  const all = Object.entries(object.checksums ?? {});
  return all.length > 0 && section(t("object.checksums"), null, h("dl", all.map(([name, value]) => fact(`${name}:`, h("code.break", visible(value)), value))));
}

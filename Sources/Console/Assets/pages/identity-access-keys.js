// One's own access keys.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, post, put, remove } from "../lib/api.js";
import { exact, visible, when } from "../lib/format.js";
import { copyField, field, textInput } from "../parts/fields.js";
import { confirmDestroy, openDialog, Invalid } from "../parts/dialog.js";
import { jsonEditor } from "../parts/json-editor.js";
import { toast } from "../parts/toast.js";
import { banner } from "../parts/states.js";
import { stateBadge } from "./identity.js";

export function tab() {
  return {
    id: (row) => row.accessKey,
    words: (row) => `${row.name ?? ""} ${row.description ?? ""}`,
    load: async (signal) => (await get("access-keys", {}, signal)).accessKeys,
    columns: [
      { id: "accessKey", label: t("accessKeys.key"), width: "minmax(150px, 1.4fr)", fill: (cell, row) => fill(cell, h("div.name-cell", icon("key"), h("bdi.name", visible(row.accessKey)))) },
      { id: "name", label: t("identity.name"), width: "minmax(100px, 1fr)", from: 520, fill: (cell, row) => fill(cell, h("bdi", visible(row.name || "–"))) },
      { id: "enabled", label: t("identity.state"), width: "96px", from: 400, fill: (cell, row) => fill(cell, stateBadge(row.enabled)) },
      { id: "restricted", label: t("accessKeys.rights"), width: "minmax(100px, 0.8fr)", from: 760, fill: (cell, row) => { cell.textContent = t(row.restricted ? "accessKeys.restricted" : "accessKeys.full"); } },
      { id: "expires", label: t("accessKeys.expires"), width: "110px", from: 640, fill: (cell, row) => { cell.textContent = row.expires ? when(row.expires) : t("accessKeys.never"); cell.title = exact(row.expires); } },
    ],
    create: has("POST access-keys") && { label: t("accessKeys.create"), action: create },
    open: edit,
  };
}

async function create() {
  const name = textInput();
  const description = textInput();
  const expires = h("input", { type: "datetime-local" });
  const editor = jsonEditor({ label: t("accessKeys.policy"), value: null, rows: 8 });
  const made = await openDialog({ title: t("accessKeys.create"),
    body: [field(t("identity.name"), name), field(t("accessKeys.description"), description), field(t("accessKeys.expires"), expires, t("accessKeys.expiresHint")),
      h("details.fold", h("summary", t("accessKeys.restrict")), h("p.hint", t("accessKeys.policyHint")), editor.element)],
    submit: { label: t("accessKeys.createButton"), action: () => {
      const body = {};
      if (name.value.trim()) body.name = name.value.trim();
      if (description.value.trim()) body.description = description.value.trim();
      if (expires.value) {
        const time = new Date(expires.value);
        if (!(time > new Date())) throw new Invalid(t("accessKeys.past"), expires);
        body.expires = time.toISOString();
      }
      const policy = editor.read();
      if (policy) body.policy = policy;
      return post("access-keys", body);
    } } });
  if (!made) return false;
  // The one time that the secret is seen; it goes with the dialog.
  await openDialog({ title: t("accessKeys.made"), cancel: t("action.close"), body: [banner("warn", t("accessKeys.once")), field(t("accessKeys.key"), copyField(made.accessKey, t("accessKeys.key"))), field(t("users.secretKey"), copyField(made.secretKey, t("users.secretKey")))] });
  return true;
}

async function edit(row) {
  const enabled = h("input", { type: "checkbox", checked: row.enabled });
  let removed = false;
  const done = await openDialog({ title: visible(row.accessKey),
    body: ({ close }) => [row.description && h("p.muted", visible(row.description)), h("label.check", enabled, h("span", t("accessKeys.enabled"))),
      has("DELETE access-keys") && h("div", h("button.button.small.danger-quiet", { type: "button", on: { click: async () => { if (await removeKey(row)) { removed = true; close(); } } } }, icon("trash"), t("accessKeys.delete")))],
    submit: has("PUT access-keys") ? { label: t("action.save"), action: async () => {
      if (enabled.checked !== row.enabled) await put("access-keys", { enabled: enabled.checked }, { query: { k: row.accessKey } });
      toast(t("settings.saved", { what: visible(row.accessKey) }));
      return true;
    } } : undefined });
  return done || removed;
}

function removeKey(row) {
  return confirmDestroy({ title: t("accessKeys.deleteTitle", { name: visible(row.accessKey) }), label: t("accessKeys.delete"), text: h("p", t("accessKeys.deleteText")), action: () => remove("access-keys", { k: row.accessKey }).then(() => true) });
}

// Policies.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, may, put, remove } from "../lib/api.js";
import { visible } from "../lib/format.js";
import { field, textInput } from "../parts/fields.js";
import { confirmDestroy, openDialog, Invalid } from "../parts/dialog.js";
import { jsonEditor } from "../parts/json-editor.js";
import { toast } from "../parts/toast.js";

const VERSION = "2012-10-17";

const statements = (policy) => [policy?.Statement ?? []].flat();
const actions = (policy) => [...new Set(statements(policy).flatMap((one) => [one.Action ?? []].flat()))];

export function tab() {
  return {
    id: (row) => row.name,
    words: (row) => actions(row.policy).join(" "),
    load: async (signal) => (await get("policies", {}, signal)).policies,
    columns: [
      { id: "name", label: t("identity.name"), width: "minmax(140px, 1fr)", fill: (cell, row) => fill(cell, h("div.name-cell", icon("policy"), h("bdi.name", visible(row.name)))) },
      { id: "actions", label: t("policies.actions"), width: "minmax(160px, 2fr)", from: 480, fill: (cell, row) => { cell.textContent = visible(actions(row.policy).join(", ")); } },
    ],
    create: has("PUT policy") && may("admin:CreatePolicy") && { label: t("policies.create"), action: () => edit(null) },
    open: edit,
  };
}

const allow = (Action, Resource) => ({ Version: VERSION, Statement: [{ Effect: "Allow", Action, Resource }] });
const templates = () => [
  [t("policies.templateRead"), allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"])],
  [t("policies.templateWrite"), allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"], ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"])],
  [t("policies.templateKeys"), allow(["kms:CreateKey", "kms:KeyStatus", "kms:ListKeys"], ["arn:minio:kms:::*"])],
];

function complaint(document) {
  if (typeof document !== "object" || Array.isArray(document)) return t("policy.noObject");
  const all = statements(document);
  if (all.length === 0) return t("policy.noStatement");
  const wrong = all.findIndex((one) => one.Effect !== "Allow" && one.Effect !== "Deny");
  return wrong < 0 ? null : t("policy.noEffect", { n: wrong + 1 });
}

async function edit(row) {
  const known = row && has("GET policy") ? await get("policy", { name: row.name }) : row;
  const name = textInput({ value: row?.name ?? "", readOnly: row !== null });
  const writable = has("PUT policy") && may("admin:CreatePolicy");
  const editor = jsonEditor({ label: t("policies.document"), value: known?.policy ?? null, templates: writable ? templates() : [], check: complaint });
  editor.area.readOnly = !writable;
  let removed = false;
  const done = await openDialog({ title: row ? visible(row.name) : t("policies.create"), wide: true, cancel: writable ? t("action.cancel") : t("action.close"),
    body: ({ close }) => [row === null && field(t("identity.name"), name), editor.element,
      known?.users?.length > 0 && h("p.hint", t("policies.users", { names: known.users.map(visible).join(", ") })), known?.groups?.length > 0 && h("p.hint", t("policies.groups", { names: known.groups.map(visible).join(", ") })),
      row && has("DELETE policy") && writable && h("button.button.small.danger-quiet", { type: "button", on: { click: async () => { if (await removePolicy(row)) { removed = true; close(); } } } }, icon("trash"), t("policies.delete"))],
    submit: writable ? { label: t("action.save"), action: async () => {
      const document = editor.read();
      if (name.value.trim() === "") throw new Invalid(t("keys.noName"), name);
      if (document === null) throw new Invalid(t("policy.noObject"), editor.area);
      await put("policy", { value: document }, { query: { name: name.value.trim() } });
      toast(t("settings.saved", { what: visible(name.value) }));
      return true;
    } } : undefined });
  return done || removed;
}

function removePolicy(row) {
  return confirmDestroy({ title: t("policies.deleteTitle", { name: visible(row.name) }), label: t("policies.delete"), text: h("p", t("policies.deleteText")), action: () => remove("policy", { name: row.name }).then(() => true) });
}

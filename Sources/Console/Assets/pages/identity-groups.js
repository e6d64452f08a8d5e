// Groups.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, put, remove } from "../lib/api.js";
import { visible } from "../lib/format.js";
import { field, textInput } from "../parts/fields.js";
import { confirmDestroy, openDialog, Invalid } from "../parts/dialog.js";
import { toast } from "../parts/toast.js";
import { policyChoice, savePolicies } from "./identity-attach.js";

export function tab() {
  return {
    id: (row) => row.name,
    load: async (signal) => (await get("groups", {}, signal)).groups.map((name) => ({ name })),
    columns: [{ id: "name", label: t("identity.name"), width: "minmax(160px, 1fr)", fill: (cell, row) => fill(cell, h("div.name-cell", icon("group"), h("bdi.name", visible(row.name)))) }],
    create: has("PUT group") && { label: t("groups.create"), action: create },
    open: edit,
  };
}

function members(list) {
  return h("textarea", { rows: 5, value: list.join("\n"), spellcheck: false });
}

const names = (area) => [...new Set(area.value.split(/[\s,]+/).filter(Boolean))];

function create() {
  const name = textInput();
  const area = members([]);
  return openDialog({ title: t("groups.create"), body: [field(t("identity.name"), name), field(t("groups.members"), area, t("groups.membersHint"))],
    submit: { label: t("groups.createButton"), action: async () => {
      if (name.value.trim() === "") throw new Invalid(t("keys.noName"), name);
      await put("group", { add: names(area) }, { query: { name: name.value.trim() } });
      toast(t("groups.created", { name: visible(name.value) }));
      return true;
    } } });
}

async function edit(row) {
  const group = await get("group", { name: row.name });
  const area = members(group.members ?? []);
  const enabled = h("input", { type: "checkbox", checked: group.enabled });
  const policies = await policyChoice(group.policies ?? []);
  let removed = false;
  const done = await openDialog({ title: t("groups.edit", { name: visible(row.name) }),
    body: ({ close }) => [h("label.check", enabled, h("span", t("groups.enabled"))), field(t("groups.members"), area, t("groups.membersHint")), policies?.element,
      has("DELETE group") && h("button.button.small.danger-quiet", { type: "button", on: { click: async () => { if (await removeGroup(row)) { removed = true; close(); } } } }, icon("trash"), t("groups.delete"))],
    submit: { label: t("action.save"), action: async () => {
      const now = names(area);
      const before = group.members ?? [];
      const body = { add: now.filter((name) => !before.includes(name)), remove: before.filter((name) => !now.includes(name)) };
      if (enabled.checked !== group.enabled) body.enabled = enabled.checked;
      if (body.add.length + body.remove.length > 0 || body.enabled !== undefined) await put("group", body, { query: { name: row.name } });
      if (policies) await savePolicies({ group: row.name }, group.policies ?? [], policies.read());
      toast(t("settings.saved", { what: visible(row.name) }));
      return true;
    } } });
  return done || removed;
}

function removeGroup(row) {
  return confirmDestroy({ title: t("groups.deleteTitle", { name: visible(row.name) }), label: t("groups.delete"), text: h("p", t("groups.deleteText")), action: () => remove("group", { name: row.name }).then(() => true) });
}

// Users.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, may, post, put, remove } from "../lib/api.js";
import { visible } from "../lib/format.js";
import { field, textInput } from "../parts/fields.js";
import { confirmDestroy, openDialog, Invalid } from "../parts/dialog.js";
import { toast } from "../parts/toast.js";
import { all, badges, stateBadge } from "./identity.js";
import { policyChoice, savePolicies } from "./identity-attach.js";

export function tab() {
  return {
    id: (row) => row.name,
    words: (row) => [...(row.policies ?? []), ...(row.groups ?? [])].join(" "),
    load: (signal) => all((after) => get("users", { after, limit: 1000 }, signal), "users"),
    columns: [
      { id: "name", label: t("identity.name"), width: "minmax(140px, 1.5fr)", fill: (cell, row) => fill(cell, h("div.name-cell", icon("user"), h("bdi.name", visible(row.name)))) },
      { id: "enabled", label: t("identity.state"), width: "96px", from: 420, fill: (cell, row) => fill(cell, stateBadge(row.enabled)) },
      { id: "policies", label: t("identity.policies"), width: "minmax(120px, 1.5fr)", from: 560, fill: (cell, row) => fill(cell, badges(row.policies)) },
      { id: "groups", label: t("identity.groups"), width: "minmax(110px, 1fr)", from: 760, fill: (cell, row) => fill(cell, badges(row.groups)) },
    ],
    create: has("POST users") && may("admin:CreateUser") && { label: t("users.create"), action: create },
    open: edit,
  };
}

function secretInput() {
  return h("input", { type: "password", autocomplete: "new-password", minLength: 8 });
}

function checkSecret(input) {
  if (input.value.length < 8) throw new Invalid(t("users.shortSecret"), input);
  return input.value;
}

async function create() {
  const name = textInput({ autocapitalize: "none" });
  const secret = secretInput();
  const policies = await policyChoice([]);
  return openDialog({ title: t("users.create"), body: [field(t("users.accessKey"), name), field(t("users.secretKey"), secret, t("users.secretHint")), policies?.element],
    submit: { label: t("users.createButton"), action: async () => {
      if (name.value.trim().length < 3) throw new Invalid(t("users.shortName"), name);
      await post("users", { name: name.value.trim(), secretKey: checkSecret(secret) });
      secret.value = "";
      toast(t("users.created", { name: visible(name.value) }));
      if (policies) await savePolicies({ user: name.value.trim() }, [], policies.read());
      return true;
    } } });
}

async function edit(user) {
  const enabled = h("input", { type: "checkbox", checked: user.enabled });
  const secret = secretInput();
  const policies = await policyChoice(user.policies ?? []);
  let removed = false;
  const done = await openDialog({ title: t("users.edit", { name: visible(user.name) }),
    body: ({ close }) => [has("PUT users/status") && h("label.check", enabled, h("span", t("users.mayLogIn"))), policies?.element,
      has("PUT users/secret") && field(t("users.newSecret"), secret, t("users.newSecretHint")),
      user.groups?.length > 0 && h("p.hint", t("users.inGroups", { groups: user.groups.map(visible).join(", ") })),
      has("DELETE users") && h("div", h("button.button.small.danger-quiet", { type: "button", on: { click: async () => { if (await removeUser(user)) { removed = true; close(); } } } }, icon("trash"), t("users.delete")))],
    submit: { label: t("action.save"), action: async () => {
      if (secret.value !== "") await put("users/secret", { secretKey: checkSecret(secret) }, { query: { name: user.name } });
      secret.value = "";
      if (enabled.checked !== user.enabled) await put("users/status", { enabled: enabled.checked }, { query: { name: user.name } });
      if (policies) await savePolicies({ user: user.name }, user.policies ?? [], policies.read());
      toast(t("settings.saved", { what: visible(user.name) }));
      return true;
    } } });
  return done || removed;
}

function removeUser(user) {
  return confirmDestroy({ title: t("users.deleteTitle", { name: visible(user.name) }), name: user.name, label: t("users.delete"), text: h("p", t("users.deleteText")),
    action: () => remove("users", { name: user.name }).then(() => true) });
}

// Which policies a user or a group has.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, may, post } from "../lib/api.js";
import { visible } from "../lib/format.js";

/** Check boxes of all policies, or null for who may not list or attach them. */
export async function policyChoice(chosen) {
  if (!has("POST policies/attach") || !has("GET policies") || !may("admin:ListUserPolicies")) return null;
  const { policies } = await get("policies");
  const names = [...new Set([...policies.map((one) => one.name), ...chosen])].sort();
  const boxes = names.map((name) => [name, h("input", { type: "checkbox", checked: chosen.includes(name) })]);
  return {
    element: h("fieldset.field", h("legend.label", t("identity.policies")), h("div.check-list", boxes.map(([name, box]) => h("label.check", box, h("bdi", visible(name)))))),
    read: () => boxes.filter(([, box]) => box.checked).map(([name]) => name),
  };
}

/** `whom`: {user} or {group}. */
export async function savePolicies(whom, before, after) {
  const added = after.filter((name) => !before.includes(name));
  const gone = before.filter((name) => !after.includes(name));
  if (added.length > 0) await post("policies/attach", { policies: added, ...whom });
  if (gone.length > 0) await post("policies/detach", { policies: gone, ...whom });
}

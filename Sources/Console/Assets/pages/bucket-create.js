// The dialog "Create Bucket".

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { may, post } from "../lib/api.js";
import { visible } from "../lib/format.js";
import { field, select, textInput } from "../parts/fields.js";
import { EncryptionChoice } from "../parts/encryption.js";
import { openDialog, Invalid } from "../parts/dialog.js";
import { toast } from "../parts/toast.js";
import { effectOfEncryption } from "./settings-encryption.js";

const UNITS = { MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** What is wrong with a bucket's name by S3's rules, or null. */
export function nameProblem(name) {
  if (name.length < 3 || name.length > 63) return t("create.length");
  if (/[^a-z0-9.-]/.test(name)) return t("create.letters");
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return t("create.ends");
  if (name.includes("..") || /^\d+\.\d+\.\d+\.\d+$/.test(name)) return t("create.dots");
  return null;
}

/** A number with a unit: bytes, or null if empty. */
export function quotaField(bytes) {
  const unit = bytes && bytes % UNITS.TiB === 0 ? "TiB" : bytes && bytes % UNITS.GiB !== 0 ? "MiB" : "GiB";
  const amount = h("input", { type: "number", min: "1", step: "any", value: bytes ? String(bytes / UNITS[unit]) : "" });
  const units = select(Object.keys(UNITS).map((name) => [name, name]), unit, { "aria-label": t("quota.unit") });
  return { element: h("div.with-button.quota", amount, units), read() {
    if (amount.value === "") return null;
    const value = Math.round(Number(amount.value) * UNITS[units.value]);
    if (!(value >= 1)) throw new Invalid(t("quota.wrong"), amount);
    return value;
  } };
}

export function retentionFields(value) {
  const mode = select([["", t("retention.none")], ["GOVERNANCE", t("retention.governance")], ["COMPLIANCE", t("retention.compliance")]], value?.mode ?? "");
  const length = h("input", { type: "number", min: "1", step: "1", value: String(value?.days ?? value?.years ?? 30), "aria-label": t("retention.validity") });
  const unit = select([["days", t("retention.days")], ["years", t("retention.years")]], value?.years ? "years" : "days", { "aria-label": t("retention.unit") });
  const validity = field(t("retention.validity"), h("div.with-button.quota", length, unit), t("retention.hint"));
  const changed = () => { validity.hidden = mode.value === ""; };
  mode.addEventListener("change", changed);
  changed();
  return { element: h("div", field(t("retention.mode"), mode), validity), read() {
    if (mode.value === "") return null;
    const count = Number(length.value);
    if (!Number.isInteger(count) || count < 1) throw new Invalid(t("retention.wrong"), length);
    return { mode: mode.value, [unit.value]: count };
  } };
}

/** Resolves with the bucket that was made, or undefined. */
export function createBucket() {
  const name = textInput({ id: "bucket-name", required: true, maxLength: 63, autocapitalize: "none", on: { input: () => {
    // Nothing is called wrong before it can be: only after the third letter, or for a letter that can never be right.
    const problem = name.value !== "" && (name.value.length >= 3 || /[^a-z0-9.-]/.test(name.value)) ? nameProblem(name.value) : null;
    said.textContent = problem ?? "";
    name.setAttribute("aria-invalid", String(problem !== null));
  } } });
  const said = h("p.field-error", { "aria-live": "polite" });
  const encryption = new EncryptionChoice({ none: t("create.serverDefault"), effect: (kind, key) => effectOfEncryption(kind, key, null) });
  const versioning = h("input", { type: "checkbox" });
  const locking = h("input", { type: "checkbox" });
  const quota = quotaField(null);
  const retention = retentionFields(null);
  const retentionPart = h("div.indent", { hidden: true }, retention.element);
  const label = (input, text, hint) => h("label.check", input, h("span", text, h("span.hint", hint)));
  locking.addEventListener("change", () => {
    if (locking.checked) versioning.checked = true;
    versioning.disabled = locking.checked;
    retentionPart.hidden = !locking.checked;
  });
  const nameField = field(t("create.name"), name, t("create.nameHint"));
  nameField.append(said);
  const clear = () => { form().reset(); said.textContent = ""; locking.dispatchEvent(new Event("change")); encryption.kind.dispatchEvent(new Event("change")); name.focus(); };
  const form = () => name.form;
  return openDialog({
    title: t("create.title"),
    body: [nameField, encryption.element,
      h("details.fold", h("summary", t("create.features")), label(versioning, t("create.versioning"), t("create.versioningHint")),
        label(locking, t("create.locking"), t("create.lockingHint")), retentionPart,
        may("admin:ServerInfo") && field(t("create.quota"), quota.element, t("create.quotaHint")))],
    extra: [h("button.button.quiet", { type: "button", on: { click: clear } }, t("action.clear"))],
    submit: { label: t("create.button"), action: async () => {
      const problem = nameProblem(name.value);
      if (problem) throw new Invalid(name.value === "" ? t("create.noName") : problem, name);
      const body = { name: name.value };
      const value = encryption.read();
      if (value) body.encryption = value;
      if (versioning.checked) body.versioning = true;
      if (locking.checked) {
        body.locking = true;
        const kept = retention.read();
        if (kept) body.retention = kept;
      }
      const limit = quota.read();
      if (limit) body.quota = limit;
      const made = await post("buckets", body);
      toast(t("create.done", { name: visible(body.name) }));
      return made;
    } },
  });
}

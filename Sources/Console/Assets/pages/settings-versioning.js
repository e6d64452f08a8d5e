// Versioning and the default retention of a bucket.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { select, field } from "../parts/fields.js";
import { openDialog } from "../parts/dialog.js";
import { retentionFields } from "./bucket-create.js";
import { saveSetting } from "./settings-save.js";

export function editVersioning(bucket, setting, locking) {
  const locked = locking?.value?.enabled === true;
  const value = setting.value ?? "";
  const choices = [["enabled", t("versioning.enabled")], ["suspended", t("versioning.suspended")]];
  const choice = select(value === "" ? [["", t("versioning.off")], ...choices] : choices, value, { disabled: locked });
  return openDialog({
    title: t("versioning.title"),
    body: [field(t("versioning.status"), choice, locked ? t("versioning.locked") : t("versioning.hint"))],
    submit: { label: t("action.save"), action: () => choice.value === value || locked ? true : saveSetting(bucket, "versioning", setting, choice.value) },
  });
}

export function editRetention(bucket, setting) {
  const fields = retentionFields(setting.value?.retention);
  return openDialog({
    title: t("retention.title"),
    body: [h("p.muted", t("retention.text")), fields.element],
    submit: { label: t("action.save"), action: () => saveSetting(bucket, "locking", setting, { enabled: true, retention: fields.read() }) },
  });
}

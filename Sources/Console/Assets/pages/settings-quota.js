// The quota of a bucket.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { field } from "../parts/fields.js";
import { openDialog } from "../parts/dialog.js";
import { quotaField } from "./bucket-create.js";
import { saveSetting } from "./settings-save.js";

export function editQuota(bucket, setting) {
  const quota = quotaField(setting.value ?? null);
  return openDialog({
    title: t("quota.title"),
    body: [h("p.muted", t("quota.text")), field(t("quota.limit"), quota.element, t("quota.hint"))],
    submit: { label: t("action.save"), action: () => saveSetting(bucket, "quota", setting, quota.read()) },
  });
}

// The tab "Lifecycle".

import { t } from "../lib/i18n.js";
import { documentTab } from "./settings-document.js";

function words(rule) {
  const filter = rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? rule.Prefix ?? "";
  const tags = [rule.Filter?.Tag, ...(rule.Filter?.And?.Tags ?? [])].filter(Boolean).map((tag) => `${tag.Key}=${tag.Value}`).join(", ");
  const what = [
    rule.Expiration?.Days && t("lifecycle.days", { n: rule.Expiration.Days }), rule.Expiration?.Date && t("lifecycle.date", { date: rule.Expiration.Date }), rule.Expiration?.ExpiredObjectDeleteMarker && t("lifecycle.markers"),
    rule.NoncurrentVersionExpiration && t("lifecycle.noncurrent", { n: rule.NoncurrentVersionExpiration.NoncurrentDays ?? 0, kept: rule.NoncurrentVersionExpiration.NewerNoncurrentVersions ?? 0 }),
    rule.AbortIncompleteMultipartUpload && t("lifecycle.abort", { n: rule.AbortIncompleteMultipartUpload.DaysAfterInitiation }),
  ].filter(Boolean).join(" ");
  const where = [filter === "" ? t("lifecycle.all") : t("lifecycle.prefix", { prefix: filter }), tags && t("lifecycle.tags", { tags })].filter(Boolean).join(", ");
  return [`${rule.ID ?? where}${rule.Status === "Disabled" ? ` (${t("state.off")})` : ""}`, `${where}: ${what}`];
}

export const draw = documentTab({
  name: "lifecycle", rules: (value) => value.Rules ?? [], words,
  templates: [
    [t("lifecycle.templateOld"), { Rules: [{ ID: "expire-logs", Status: "Enabled", Filter: { Prefix: "logs/" }, Expiration: { Days: 30 } }] }],
    [t("lifecycle.templateVersions"), { Rules: [{ ID: "old-versions", Status: "Enabled", Filter: { Prefix: "" }, NoncurrentVersionExpiration: { NoncurrentDays: 30 } }] }],
    [t("lifecycle.templateUploads"), { Rules: [{ ID: "unfinished-uploads", Status: "Enabled", Filter: { Prefix: "" }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }] }],
  ],
});

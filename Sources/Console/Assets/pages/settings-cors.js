// The tab "CORS".

import { t } from "../lib/i18n.js";
import { documentTab } from "./settings-document.js";

export const draw = documentTab({
  name: "cors", rules: (value) => value.CORSRules ?? [],
  words: (rule) => [rule.ID ?? (rule.AllowedOrigins ?? []).join(", "), t("cors.words", { origins: (rule.AllowedOrigins ?? []).join(", "), methods: (rule.AllowedMethods ?? []).join(", ") })],
  templates: [[t("cors.template"), { CORSRules: [{ AllowedOrigins: ["https://app.example.net"], AllowedMethods: ["GET", "PUT"], AllowedHeaders: ["*"], ExposeHeaders: ["ETag"], MaxAgeSeconds: 3000 }] }]],
});

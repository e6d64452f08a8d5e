// The tab "Events".

import { t } from "../lib/i18n.js";
import { documentTab } from "./settings-document.js";

const LISTS = ["QueueConfigurations", "TopicConfigurations", "LambdaFunctionConfigurations"];

export const draw = documentTab({
  name: "notification", rules: (value) => LISTS.flatMap((list) => value[list] ?? []),
  words: (rule) => [rule.QueueArn ?? rule.TopicArn ?? rule.LambdaFunctionArn ?? rule.Id ?? "", (rule.Events ?? []).join(", ")],
  templates: [[t("events.template"), { QueueConfigurations: [{ Id: "uploads", QueueArn: "arn:minio:sqs::NAME:webhook", Events: ["s3:ObjectCreated:*"] }] }]],
});

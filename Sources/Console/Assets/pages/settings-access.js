// The tab "Access": the policy and the block of public access.

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { visible } from "../lib/format.js";
import { checkbox } from "../parts/fields.js";
import { confirmDestroy, openDialog } from "../parts/dialog.js";
import { jsonEditor, showJSON } from "../parts/json-editor.js";
import { banner } from "../parts/states.js";
import { saveSetting } from "./settings-save.js";

const VERSION = "2012-10-17";
const BLOCKS = ["blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"];

function templates(bucket) {
  const all = `arn:aws:s3:::${bucket}/*`;
  const itself = `arn:aws:s3:::${bucket}`;
  const allow = (Sid, Action, Resource, Principal) => ({ Sid, Effect: "Allow", Principal, Action, Resource });
  return [
    [t("policy.publicRead"), { Version: VERSION, Statement: [allow("PublicRead", ["s3:GetObject"], [all], "*")] }],
    [t("policy.publicList"), { Version: VERSION, Statement: [allow("PublicList", ["s3:ListBucket"], [itself], "*"), allow("PublicRead", ["s3:GetObject"], [all], "*")] }],
    [t("policy.oneUser"), { Version: VERSION, Statement: [allow("OneUser", ["s3:GetObject", "s3:PutObject"], [all], { AWS: ["arn:aws:iam:::user/NAME"] })] }],
    [t("policy.onlyEncrypted"), { Version: VERSION, Statement: [{ Sid: "OnlyThisKey", Effect: "Deny", Principal: "*", Action: ["s3:PutObject"], Resource: [all], Condition: { StringNotEquals: { "s3:x-amz-server-side-encryption": "aws:kms" } } }] }],
    [t("policy.onlyTLS"), { Version: VERSION, Statement: [{ Sid: "OnlyTLS", Effect: "Deny", Principal: "*", Action: ["s3:*"], Resource: [itself, all], Condition: { Bool: { "aws:SecureTransport": "false" } } }] }],
  ];
}

function complaint(bucket, document) {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return t("policy.noObject");
  const statements = Array.isArray(document.Statement) ? document.Statement : document.Statement ? [document.Statement] : [];
  if (statements.length === 0) return t("policy.noStatement");
  for (const [n, one] of statements.entries()) {
    if (one.Effect !== "Allow" && one.Effect !== "Deny") return t("policy.noEffect", { n: n + 1 });
    if (one.Principal === undefined && one.NotPrincipal === undefined) return t("policy.noPrincipal", { n: n + 1 });
    if (one.Action === undefined && one.NotAction === undefined) return t("policy.noAction", { n: n + 1 });
    const resources = [one.Resource ?? one.NotResource].flat();
    if (resources[0] === undefined) return t("policy.noResource", { n: n + 1 });
    const other = resources.find((resource) => typeof resource === "string" && !resource.startsWith(`arn:aws:s3:::${bucket}`) && !resource.includes("*"));
    if (other) return t("policy.otherBucket", { n: n + 1, resource: visible(other) });
  }
  return null;
}

export function draw({ bucket, settings, after }) {
  const { policy, publicAccess } = settings;
  return h("div.stack.form-page",
    policy && h("section.panel.padded", h("div.section-head", h("h2", t("summary.policy").replace(":", "")),
      policy.canWrite !== false && h("div.actions", policy.value && h("button.button.small.danger-quiet", { type: "button", on: { click: () => after(removePolicy(bucket, policy)) } }, icon("trash"), t("policy.remove")),
        h("button.button.small", { type: "button", on: { click: () => after(editPolicy(bucket, policy)) } }, icon("pencil"), t(policy.value ? "policy.edit" : "policy.add")))),
    policy.public && banner("warn", t("policy.isPublic")),
    policy.canRead === false ? h("p.muted", t("settings.mayNotRead")) : policy.value ? showJSON(policy.value) : h("p.muted", t("policy.none"))),
    publicAccess && h("section.panel.padded", h("div.section-head", h("h2", t("publicAccess.title")),
      publicAccess.canWrite !== false && h("button.button.small", { type: "button", on: { click: () => after(editPublicAccess(bucket, publicAccess)) } }, icon("pencil"), t("publicAccess.edit"))),
    publicAccess.canRead === false ? h("p.muted", t("settings.mayNotRead")) : h("dl", BLOCKS.map((name) => h("div.setting.wide-label", h("dt", t(`publicAccess.${name}`)), h("dd", t(publicAccess.value?.[name] ? "state.on" : "state.off")))))));
}

function editPolicy(bucket, setting) {
  const editor = jsonEditor({ label: t("setting.policy"), value: setting.value, templates: templates(bucket), check: (document) => complaint(bucket, document), rows: 18 });
  return openDialog({ title: t("setting.policy"), wide: true, body: [h("p.muted", t("policy.text")), editor.element],
    submit: { label: t("action.save"), action: () => saveSetting(bucket, "policy", setting, editor.read()) } });
}

function removePolicy(bucket, setting) {
  return confirmDestroy({ title: t("policy.remove"), text: h("p", t("policy.removeText")), label: t("policy.remove"), action: () => saveSetting(bucket, "policy", setting, null) });
}

function editPublicAccess(bucket, setting) {
  const boxes = BLOCKS.map((name) => [name, checkbox(t(`publicAccess.${name}`), setting.value?.[name] === true)]);
  return openDialog({ title: t("publicAccess.title"), body: [h("p.muted", t("publicAccess.text")), boxes.map(([, box]) => box)],
    submit: { label: t("action.save"), action: () => {
      const value = Object.fromEntries(boxes.map(([name, box]) => [name, box.querySelector("input").checked]));
      return saveSetting(bucket, "publicAccess", setting, Object.values(value).some(Boolean) ? value : null);
    } } });
}

// One key: whether it works, its versions, which buckets use it.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, may, post, session } from "../lib/api.js";
import { number, visible } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { banner, failed } from "../parts/states.js";
import { copyButton } from "../parts/fields.js";
import { openDialog } from "../parts/dialog.js";
import { refreshButton } from "../parts/page-head.js";

export async function page({ path, signal }) {
  const name = path[2];
  const body = h("div.stack.form-page");
  const refresh = async () => {
    try {
      fill(body, draw(await get("key", { k: name }, signal)));
    } catch (error) {
      if (error.name === "AbortError") throw error;
      fill(body, failed(error, refresh));
    }
  };
  await refresh();
  return {
    title: name,
    element: h("div.page",
      h("header.page-head", h("h1", h("a.crumb", { href: "#/keys" }, t("keys.crumb")), " / ", h("bdi", visible(name))), copyButton(name, t("keys.name")),
        h("div.actions", refreshButton(refresh), has("POST keys/rewrap") && may("kms:RewrapDataKeys") && h("button.button", { type: "button", on: { click: () => rewrap(name) } }, icon("refresh"), t("key.rewrap")))),
      body),
  };
}

function draw(key) {
  const works = key.encryption === "ok" && key.decryption === "ok";
  const test = (label, result) => h("div.setting", h("dt", label), h("dd", result === "ok" ? h("span.badge.ok", icon("check"), t("key.works")) : h("span.danger-text", visible(result ?? t("key.unknown")))));
  const buckets = key.buckets ?? [];
  return [
    works ? null : banner("danger", t("key.broken")),
    h("section.panel.padded", h("h2", t("key.test")), h("dl", test(t("key.encryption"), key.encryption), test(t("key.decryption"), key.decryption)), h("p.hint", t("key.testHint"))),
    key.versions && h("section.panel.padded", h("h2", t("key.versions")), h("table.table", h("thead", h("tr", h("th", t("key.version")), h("th.right", t("key.dataKeys")))),
      h("tbody", key.versions.map((one, n) => h("tr", h("td", `v${one.version}`, n === newest(key.versions) && h("span.badge.key.spaced", t("key.newest"))), h("td.right", number(one.dataKeys)))))),
    key.versions.length > 1 && h("p.hint", t("key.versionsHint"))),
    h("section.panel.padded", h("h2", t("key.usedBy")), key.bucketCount === 0 ? h("p.muted", t("key.unused")) : h("ul.plain", buckets.map((bucket) => h("li", h("a", { href: href(["buckets", bucket, "settings"]) }, h("bdi", visible(bucket)))))),
      key.bucketCount > buckets.length && h("p.muted", t("key.moreBuckets", { n: key.bucketCount - buckets.length }))),
    session.value.keyService?.kind === "kes" && h("p.hint", t("key.rotateHint")),
  ];
}

function newest(versions) {
  return versions.reduce((best, one, n) => (one.version > versions[best].version ? n : best), 0);
}

async function rewrap(name) {
  const done = await openDialog({
    title: t("rewrap.title"), body: [h("p", t("rewrap.text", { name: visible(name) })), h("p.muted", t("rewrap.safe"))],
    submit: { label: t("rewrap.button"), action: () => post("keys/rewrap", { to: name }) },
  });
  if (done) go("#/tasks");
}

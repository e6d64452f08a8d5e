// The settings of a bucket: Summary and its tabs.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, remove } from "../lib/api.js";
import { bytes, exact, number, visible, when } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { encryptionLine, encryptionText } from "../parts/encryption.js";
import { bucketTabs, refreshButton } from "../parts/page-head.js";
import { confirmDestroy } from "../parts/dialog.js";
import { toast } from "../parts/toast.js";
import { editEncryption } from "./settings-encryption.js";

/** Tab → the settings that it shows, and the module that draws it. */
const TABS = { summary: ["encryption"], access: ["policy", "publicAccess"], lifecycle: ["lifecycle"], events: ["notification"], cors: ["cors"] };

export async function page({ path, signal }) {
  const bucket = path[1];
  const tab = path[3] in TABS ? path[3] : "summary";
  let state = await get("bucket", { b: bucket }, signal);
  const body = h("div.settings-body");

  const reload = async () => {
    state = await get("bucket", { b: bucket }, signal);
    await draw();
  };
  /** After a dialog: what it saved is read back and shown. */
  const after = async (done) => { if (await done) await reload(); };

  async function draw() {
    const { settings } = state;
    if (tab === "summary") return fill(body, summary(state, after));
    const module = await import(`./settings-${tab}.js`);
    fill(body, module.draw({ bucket, settings, reload, after }));
  }
  await draw();

  const tabs = Object.keys(TABS).filter((name) => name === "summary" || TABS[name].some((setting) => state.settings[setting]));
  return {
    title: t("settings.title", { name: bucket }),
    element: h("div.page",
      h("header.page-head", h("h1", h("a.crumb", { href: "#/buckets" }, t("buckets.title")), " / ", h("bdi", visible(bucket))), views(bucket, "settings"),
        h("div.actions", refreshButton(reload), has("DELETE buckets") && h("button.button.danger-quiet", { type: "button", on: { click: () => deleteBucket(state) } }, icon("trash"), t("bucket.delete")))),
      tabs.length > 1 && h("nav.tabs", { "aria-label": t("settings.tabs") }, tabs.map((name) => h("a.tab", { href: href(["buckets", bucket, "settings", ...(name === "summary" ? [] : [name])]), "aria-current": name === tab ? "page" : null }, t(`settings.tab.${name}`)))),
      body),
  };
}

export function views(bucket, active) {
  return bucketTabs(bucket, active, [["objects", t("bucket.objects"), href(["buckets", bucket, "objects"])], ["settings", t("bucket.settings"), href(["buckets", bucket, "settings"])]]);
}

/** One row: label, value or what hinders it, pencil. */
function line(label, setting, value, edit, note) {
  if (!setting) return null;
  const name = label.replace(/:$/, "");
  const shown = setting.error ? h("span.danger-text", visible(setting.error.message)) : setting.canRead === false ? h("span.muted", t("settings.mayNotRead")) : value;
  return h("div.setting", h("dt", label), h("dd", h("div.setting-value", Array.isArray(shown) ? shown[0] : shown,
    edit && setting.canWrite !== false && !setting.error && h("button.icon-button", { type: "button", "aria-label": t("action.editWhat", { what: name }), title: t("action.editWhat", { what: name }), on: { click: edit } }, icon("pencil"))),
  Array.isArray(shown) && shown[1], note && h("p.hint", note)));
}

function summary(state, after) {
  const { name, settings: s } = state;
  const retention = s.locking?.value?.retention;
  const edit = (module, call, ...rest) => async () => after((await import(`./settings-${module}.js`))[call](name, ...rest));
  const encryption = s.encryption;
  return h("div.settings-grid",
    h("section.panel.padded", h("h2", t("settings.protection")), h("dl",
      line(t("summary.encryption"), encryption, encryption?.value ? encryptionLine(encryption.value) : encryptionLine(encryption?.effective, "server"),
        () => after(editEncryption(name, state.objects, encryption)),
        encryption && [encryption.value?.key && h("a", { href: href(["keys", "name", encryption.value.key]) }, t("summary.keyLink")), encryption.value?.blocked?.length > 0 && ` ${t("summary.blocked", { kinds: encryption.value.blocked.join(", ") })}`,
          !encryption.value && encryption.effective && t("summary.defaultNote", { value: encryptionText(encryption.effective) })]),
      line(t("summary.versioning"), s.versioning, t(`versioning.${s.versioning?.value ?? "off"}`), edit("versioning", "editVersioning", s.versioning, s.locking)),
      line(t("summary.locking"), s.locking, t(s.locking?.value?.enabled ? "state.enabled" : "state.disabled")),
      s.locking?.value?.enabled && line(t("summary.retention"), s.locking, retention ? t("summary.retentionValue", { mode: retention.mode, validity: t(retention.days ? "retention.nDays" : "retention.nYears", { n: retention.days ?? retention.years }) }) : t("retention.none"),
        edit("versioning", "editRetention", s.locking)))),
    h("section.panel.padded", h("h2", t("settings.usage")), h("dl",
      state.objects !== undefined && h("div.setting", h("dt", t("summary.usage")), h("dd", h("span.figure-small", bytes(state.bytes)), h("p.hint", t("summary.counts", { objects: number(state.objects), versions: number(state.versions), markers: number(state.deleteMarkers) })))),
      line(t("summary.quota"), s.quota, s.quota?.value ? [bytes(s.quota.value), meter(state.bytes, s.quota.value)] : t("quota.none"), edit("quota", "editQuota", s.quota)),
      h("div.setting", h("dt", t("summary.created")), h("dd", { title: exact(state.created) }, when(state.created))))),
    h("section.panel.padded", h("h2", t("settings.access")), h("dl",
      line(t("summary.policy"), s.policy, !s.policy?.value ? t("access.private") : s.policy.public ? h("span.badge.warn", icon("warn"), t("access.public")) : t("access.policy"), s.policy && (() => go(href(["buckets", name, "settings", "access"])))),
      line(t("summary.tags"), s.tags, Object.keys(s.tags?.value ?? {}).length === 0 ? "–" : h("span.row", Object.entries(s.tags.value).map(([key, value]) => h("span.badge", h("bdi", `${visible(key)} = ${visible(value)}`)))), edit("tags", "editBucketTags", s.tags)))));
}

function meter(part, whole) {
  const share = Math.min(1, part / whole);
  return h(`div.meter${share > 0.95 ? ".danger" : share > 0.8 ? ".warn" : ""}`, { role: "meter", "aria-label": t("quota.used"), "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": String(Math.round(100 * share)) }, h("span", { style: { width: `${100 * share}%` } }));
}

async function deleteBucket({ name, objects, versions, bytes: size }) {
  const full = (versions ?? objects ?? 0) > 0;
  const done = await confirmDestroy({
    title: t("bucket.deleteTitle", { name: visible(name) }), name: full ? name : undefined, label: t("bucket.delete"),
    text: full ? h("p", h("strong", t("bucket.deleteFull", { n: objects, shown: number(objects), versions: number(versions), bytes: bytes(size) })), " ", t("bucket.deleteFinal")) : h("p", t("bucket.deleteEmpty")),
    action: () => remove("buckets", { b: name, contents: full ? "true" : undefined }).then(() => true),
  });
  if (!done) return;
  toast(t("bucket.deleted", { name: visible(name) }));
  go("#/buckets");
}

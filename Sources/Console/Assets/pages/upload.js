// Upload: choosing files and folders, and what will happen to them, before the first byte.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get } from "../lib/api.js";
import { bytes, number, visible } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { add } from "../lib/queue.js";
import { send } from "../lib/send.js";
import { contentType } from "../lib/content-type.js";
import { canUseCustomerKeys, customerHeaders } from "../lib/customer-key.js";
import { chosen } from "../parts/drop.js";
import { showDock } from "../parts/dock.js";
import { field, select, textInput } from "../parts/fields.js";
import { EncryptionChoice, encryptionText } from "../parts/encryption.js";
import { customerKeyField } from "../parts/customer-key.js";
import { openDialog, Invalid } from "../parts/dialog.js";

/** Names are compared with at most so many objects that are there; beyond, the upload itself finds out. */
const COMPARED_PAGES = 5;
const LISTED = 8;

export function uploadMenu(view) {
  return [
    { label: t("upload.file"), icon: "file", action: () => pick(view, {}) },
    { label: t("upload.folder"), icon: "folder", action: () => pick(view, { webkitdirectory: true }) },
    "-",
    { label: t("upload.createPath"), icon: "plus", action: () => createPath(view) },
  ];
}

function pick(view, options) {
  const input = h("input.off-screen", { type: "file", multiple: true, "aria-label": t("upload.choose"), tabIndex: -1, id: "upload-input", ...options });
  document.querySelector("#upload-input")?.remove();
  input.addEventListener("change", () => {
    input.remove();
    if (input.files.length > 0) chooseUpload(view, chosen(input.files));
  });
  document.body.append(input);
  input.click();
}

export async function chooseUpload(view, { files, emptyFolders }) {
  if (files.length === 0) return openDialog({ title: t("upload.title"), cancel: t("action.close"), body: h("p", t("upload.nothing")) });
  const size = files.reduce((sum, { file }) => sum + file.size, 0);
  const taken = await namesThere(view, files);
  const setting = await get("bucket", { b: view.bucket }).then((bucket) => bucket.settings.encryption, () => null);
  const applies = setting?.value ?? setting?.effective;
  const customer = canUseCustomerKeys ? customerKeyField({ making: true }) : null;
  const encryption = new EncryptionChoice({ customer, effect: (kind) => (kind === "SSE-C" ? t("effect.customer") : null), none: applies ? t("upload.bucketEncryption", { value: encryptionText(applies) }) : t("upload.bucketDefault") });
  const policy = select([["skip", t("upload.skip")], ["replace", t("upload.replace")], ["both", t("upload.both")]], "skip");
  const single = files.length === 1 ? textInput({ value: contentType(files[0].file) }) : null;
  const done = await openDialog({
    title: t("upload.titleTo", { prefix: visible(view.prefix === "" ? view.bucket : `${view.bucket}/${view.prefix}`) }),
    body: [
      h("ul.file-list", files.slice(0, LISTED).map(({ file, path }) => h("li", h("bdi.grow", visible(path)), h("span.muted.nowrap", bytes(file.size)))), files.length > LISTED && h("li.muted", t("upload.moreFiles", { n: files.length - LISTED, shown: number(files.length - LISTED) }))),
      h("p.muted", t("upload.sum", { n: files.length, shown: number(files.length), bytes: bytes(size) }), emptyFolders > 0 && ` ${t("upload.emptyFolders", { n: emptyFolders })}`),
      encryption.element,
      taken > 0 ? field(t("upload.taken", { n: taken, shown: number(taken) }), policy) : h("details.fold", h("summary", t("upload.ifTaken")), field(t("upload.ifTakenLabel"), policy)),
      single && h("details.fold", h("summary", t("upload.type")), field(t("upload.typeLabel"), single)),
    ],
    submit: { label: t("upload.start", { n: files.length, shown: number(files.length) }), action: () => ({ encryption: encryption.read(), policy: policy.value, type: single?.value.trim() }) },
  });
  customer?.clear();
  if (!done) return undefined;
  const own = done.encryption?.kind === "SSE-C" ? customerHeaders(done.encryption.bytes) : null;
  if (own) done.encryption = null;
  add(files.map(({ file, path }) => ({ file, bucket: view.bucket, key: view.prefix + path, type: done.type || contentType(file), encryption: done.encryption, customer: own, policy: done.policy })));
  showDock();
  return undefined;
}

/** How many of the names are taken, as far as a few pages of the listing tell. */
async function namesThere(view, files) {
  const wanted = new Set(files.map(({ path }) => view.prefix + path));
  let taken = 0;
  let after;
  try {
    const flat = files.some(({ path }) => path.includes("/"));
    for (let page = 0; page < COMPARED_PAGES; page += 1) {
      const answer = await get("objects", { b: view.bucket, prefix: view.prefix + (files.length === 1 ? files[0].path : ""), after, limit: 1000, flat });
      for (const row of answer.objects) if (wanted.has(row.key)) taken += 1;
      after = answer.next;
      if (!after) break;
    }
  } catch {
    // Without the right to list, the upload finds out.
  }
  return taken;
}

/** "Create new path": goes to a prefix that has no object yet; it exists from the first upload on, or now as a marker. */
export async function createPath(view) {
  const path = textInput({ placeholder: "2026/reports" });
  const marker = h("input", { type: "checkbox" });
  const done = await openDialog({
    title: t("upload.createPath"), body: [field(t("path.name"), path, t("path.hint", { prefix: visible(view.prefix === "" ? view.bucket : view.prefix) })), h("label.check", marker, h("span", t("path.marker"), h("span.hint", t("path.markerHint"))))],
    submit: { label: t("path.button"), action: async () => {
      const wanted = path.value.replace(/^\/+|\/+$/g, "");
      if (wanted === "") throw new Invalid(t("path.none"), path);
      const key = `${view.prefix}${wanted}/`;
      if (marker.checked) await send("PUT", "upload", { query: { b: view.bucket, k: key }, body: new Blob([]), headers: { "Content-Type": "application/x-directory", "If-None-Match": "*" } });
      return key;
    } },
  });
  if (done) go(href(["buckets", view.bucket, "objects"], { prefix: done }));
}


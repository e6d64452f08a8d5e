// The sidebar of an object: how it is encrypted first, then all that is known of it.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { address, call, has, get, may, rights } from "../lib/api.js";
import { lastPart, visible } from "../lib/format.js";
import { href } from "../lib/router.js";
import { keep, kept } from "../lib/store.js";
import { canUseCustomerKeys, customerHeaders } from "../lib/customer-key.js";
import { customerKeyField } from "../parts/customer-key.js";
import { menuButton } from "../parts/menu.js";
import { failed, skeleton } from "../parts/states.js";
import { checksums, info, metadata, retention, section, tags } from "./object-sections.js";

const ACTIONS = ["s3:GetObject", "s3:DeleteObject", "s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectRetention", "s3:PutObjectLegalHold"];

export class ObjectDrawer {
  constructor({ bucket, close, changed, signal }) {
    Object.assign(this, { bucket, close, changed, signal });
    this.body = h("div.drawer-body");
    this.heading = h("h2.drawer-title");
    const handle = h("div.drawer-handle", { role: "separator", tabIndex: 0, "aria-orientation": "vertical", "aria-label": t("drawer.width"), "aria-valuenow": "400", "aria-valuemin": "320", "aria-valuemax": "900" });
    this.element = h("aside.drawer", { hidden: true, "aria-label": t("drawer.name"), on: { keydown: (event) => {
      if (event.key === "Escape" && !event.target.closest("dialog, .menu")) this.close();
    } } }, handle, h("div.drawer-head", this.heading, h("button.icon-button", { type: "button", "aria-label": t("action.close"), on: { click: () => this.close() } }, icon("close"))), this.body);
    this.#resizable(handle);
  }

  #resizable(handle) {
    const set = (width) => {
      const most = Math.max(320, innerWidth / 2);
      const size = Math.round(Math.min(most, Math.max(320, width)));
      this.element.style.setProperty("--drawer", `${size}px`);
      handle.setAttribute("aria-valuenow", String(size));
      return size;
    };
    const choose = (width) => keep("drawer", String(set(width)));
    set(Number(kept("drawer", "400")) || 400);
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      const right = this.element.getBoundingClientRect().right;
      const move = (moved) => choose(right - moved.clientX);
      handle.addEventListener("pointermove", move);
      handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
    });
    handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
      if (step) choose(this.element.offsetWidth + step);
    });
  }

  hide() {
    this.element.hidden = true;
    this.shown = null;
    this.customer = null;
    this.stop?.abort();
  }

  async show(key, version) {
    const id = JSON.stringify([key, version]);
    if (this.shown === id) return;
    this.shown = id;
    this.key = key;
    this.version = version;
    this.customer = null;
    this.element.hidden = false;
    fill(this.heading, h("bdi", { title: visible(key) }, visible(lastPart(key))));
    await this.load();
  }

  /** Whether the bucket can keep versions from deletion, asked once. */
  locking() {
    this.lockingAnswer ??= has("PUT object/hold") ? get("bucket", { b: this.bucket }).then((bucket) => bucket.settings.locking?.value?.enabled === true, () => false) : Promise.resolve(false);
    return this.lockingAnswer;
  }

  /** Answers that belong to an older selection are dropped. */
  async load() {
    this.stop?.abort();
    const stop = this.stop = new AbortController();
    const at = { b: this.bucket, k: this.key, v: this.version };
    const late = setTimeout(() => fill(this.body, skeleton(8)), 150);
    try {
      const [object, allowed, locking] = await Promise.all([call("GET", "object", { query: at, signal: stop.signal, headers: this.customer ?? {} }), rights({ b: this.bucket, k: this.key }, ACTIONS, stop.signal).catch(() => ({})), this.locking()]);
      if (locking) object.legalHold ??= false;
      if (stop.signal.aborted) return;
      this.object = object;
      fill(this.body, this.#draw(object, allowed));
    } catch (error) {
      if (error.name === "AbortError") return;
      fill(this.body, failed(error, () => this.load()), error.status === 400 && canUseCustomerKeys && this.#customerForm());
    } finally {
      clearTimeout(late);
    }
  }

  /** After a change: this sidebar and the list show what is there now. */
  async again() {
    await this.load();
    this.changed();
  }

  /** Asks for the customer's key of this object; it is forgotten when another one is shown. */
  #customerForm() {
    const key = customerKeyField();
    const said = h("p.field-error", { role: "alert" });
    return h("form.drawer-section", { noValidate: true, on: { submit: (event) => {
      event.preventDefault();
      try {
        this.customer = customerHeaders(key.read());
        key.clear();
        this.load();
      } catch (problem) {
        said.textContent = problem.message;
      }
    } } }, h("p.muted", t("customer.text")), key.element, said, h("button.button.primary", { type: "submit" }, t("customer.button")));
  }

  #draw(object, allowed) {
    const at = { b: this.bucket, k: this.key, v: this.version };
    return [
      this.#actions(object, allowed, at),
      this.#encryption(object, at),
      info(object), tags(this, object, allowed), retention(this, object, allowed), metadata(object), checksums(object),
      has("GET objects") && h("div", { id: "object-versions" }),
    ];
  }

  #actions(object, allowed, at) {
    const run = (module, call) => async () => (await import(`./${module}.js`))[call](this, object);
    const more = h("button.icon-button.bordered", { type: "button", "aria-label": t("object.more"), title: t("object.more") }, icon("more"));
    menuButton(more, () => [
      has("PUT object/hold") && object.legalHold !== undefined && allowed["s3:PutObjectLegalHold"] && { label: t("object.legalHold"), icon: "lock", action: run("object-edit", "editHold") },
      has("PUT object/retention") && object.legalHold !== undefined && allowed["s3:PutObjectRetention"] && { label: t("object.retention"), icon: "clock", action: run("object-edit", "editRetention") },
      has("PUT object/tags") && allowed["s3:PutObjectTagging"] && { label: t("object.tags"), icon: "tag", action: run("object-edit", "editTags") },
      has("POST object/copy") && !this.customer && allowed["s3:PutObject"] && { label: t("object.metadata"), icon: "pencil", action: run("object-edit", "editMetadata") },
      has("POST object/copy") && !this.customer && allowed["s3:PutObject"] && { label: t("object.copy"), icon: "move", action: run("object-copy", "copyObject") },
      has("POST object/copy") && !this.customer && allowed["s3:PutObject"] && { label: t("object.reencrypt"), icon: "key", action: run("object-copy", "reencrypt") },
      { label: t("object.showVersions"), icon: "restore", action: run("object-versions", "showVersions") },
      has("DELETE object") && allowed["s3:DeleteObject"] && "-",
      has("DELETE object") && allowed["s3:DeleteObject"] && { label: t("object.delete"), icon: "trash", kind: "danger", action: run("object-delete", "deleteObject") },
    ]);
    return h("div.drawer-actions",
      has("GET download") && this.customer && h("button.button.small", { type: "button", on: { click: run("customer-download", "downloadWithKey") } }, icon("download"), t("object.download")),
      has("GET download") && !this.customer && h("a.button.small", { href: address("download", at), download: "" }, icon("download"), t("object.download")),
      has("POST shares") && !this.customer && h("button.button.small", { type: "button", on: { click: run("share", "shareObject") } }, icon("link"), t("object.share")),
      has("GET preview") && object.preview && !this.customer && h("button.button.small", { type: "button", on: { click: run("preview", "previewObject") } }, icon("eye"), t("object.preview")), more);
  }

  #encryption(object, at) {
    const { scheme, key, keyVersion, bucketKey, context } = object.encryption ?? {};
    const named = key && (has("GET key") && may("kms:KeyStatus") ? h("a", { href: href(["keys", "name", key]) }, h("bdi", visible(key))) : h("bdi", visible(key)));
    const row = (label, ...value) => h("div.fact", h("dt", label), h("dd", value));
    const proof = h("div");
    const open = h("button.button.small", { type: "button", "aria-expanded": "false", on: { click: async () => {
      const shown = open.getAttribute("aria-expanded") === "true";
      open.setAttribute("aria-expanded", String(!shown));
      if (shown) return fill(proof);
      const { showProof } = await import("./proof.js");
      await showProof(proof, at, this.stop.signal, this.customer ?? {});
    } } }, icon("hex"), t("proof.button"));
    return h("section.drawer-section.vault", h("h3", t("object.encryption")),
      h("p.vault-line", icon(key ? "key" : "lock"), h("strong", scheme ?? "–"), key && [h("span.muted", t("object.key")), named, keyVersion && h("span.muted", `(v${keyVersion})`)]),
      h("p.hint", t(`scheme.${scheme ?? "none"}`)),
      (context || bucketKey !== undefined) && h("dl",
        context && Object.keys(context).length > 0 && row(t("object.context"), h("code", visible(JSON.stringify(context)))),
        bucketKey && row(t("object.bucketKey"), t("state.enabled"))),
      has("GET object/proof") && h("div.stack.tight", h("div", open), proof));
  }
}

export { section };

// Encryption in words, and the choice of it: kind, key, and a new key in place.

import { h, icon, fill, uniqueId } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, may, post, session } from "../lib/api.js";
import { visible } from "../lib/format.js";
import { field, select, textInput } from "./fields.js";
import { openDialog, Invalid } from "./dialog.js";
import { toast } from "./toast.js";

/** "SSE-KMS · my-key", "SSE-S3", in one line; null is the server's default. */
export function encryptionText(value) {
  if (!value) return t("encryption.default");
  return value.key ? `${value.kind} · ${visible(value.key)}` : value.kind;
}

/** The same with the brass key, for cells and rows. `source`: "server" says that nothing is set. */
export function encryptionLine(value, source) {
  return h("span.scheme", icon(value?.key ? "key" : "lock"), h("span.scheme-text", h("bdi", encryptionText(value)), source === "server" && h("span.muted", ` ${t("encryption.byDefault")}`)));
}

/**
 * A searchable choice of a key, with "+" for a new one. `value` is what is typed: a key that is not listed is possible,
 * since not everybody may list keys.
 */
export class KeyPicker {
  constructor(value = "", changed = () => {}) {
    this.changed = changed;
    const list = uniqueId("keys");
    this.options = h("div.picker-list", { id: list, role: "listbox", popover: "manual", "aria-label": t("keys.list") });
    this.input = textInput({ value, role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list, placeholder: t("encryption.keyPlaceholder"), on: {
      focus: () => this.open(), click: () => this.open(), input: () => { this.open(); changed(); },
      blur: () => this.close(), keydown: (event) => this.#key(event),
    } });
    this.element = h("div.with-button", h("div.picker", this.input, this.options),
      has("POST keys") && may("kms:CreateKey") && session.value.keyService?.canCreateKeys && h("button.button", { type: "button", title: t("keys.createHere"), "aria-label": t("keys.createHere"), on: { click: () => this.create() } }, icon("plus")));
    this.keys = null;
    this.load();
  }

  get value() {
    return this.input.value.trim();
  }

  async load() {
    if (!has("GET keys") || !may("kms:ListKeys")) return;
    try {
      this.keys = (await get("keys", { limit: 1000 })).keys;
      if (document.activeElement === this.input) this.open();
    } catch (error) {
      this.problem = error.message;
    }
  }

  open() {
    if (!this.keys) return;
    const text = this.value.toLowerCase();
    const exact = this.keys.some((key) => key.name === this.value);
    const all = this.keys.filter((key) => exact || key.name.toLowerCase().includes(text)).slice(0, 100);
    fill(this.options, all.map((key, n) => h("div.picker-option", { id: `${this.options.id}-${n}`, role: "option", "aria-selected": String(key.name === this.value), data: { name: key.name },
      on: { pointerdown: (event) => { event.preventDefault(); this.choose(key.name); } } },
    icon("key"), h("bdi", visible(key.name)), key.default && h("span.badge", t("keys.default")))),
    all.length === 0 && h("div.picker-none", t("encryption.noKey")));
    if (!this.options.matches(":popover-open")) this.options.showPopover();
    const box = this.input.getBoundingClientRect();
    const room = Math.max(innerHeight - box.bottom - 12, 96);
    Object.entries({ left: `${box.left}px`, top: `${box.bottom + 4}px`, width: `${box.width}px`, "max-height": `${Math.min(room, 240)}px` }).forEach(([name, size]) => this.options.style.setProperty(name, size));
    this.input.setAttribute("aria-expanded", "true");
    this.at = exact ? all.findIndex((key) => key.name === this.value) : -1;
    this.#mark();
  }

  close() {
    if (this.options.matches(":popover-open")) this.options.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
  }

  choose(name) {
    this.input.value = name;
    this.close();
    this.changed();
  }

  #mark() {
    const all = [...this.options.children];
    all.forEach((option, n) => option.classList.toggle("active", n === this.at));
    const active = all[this.at];
    active?.scrollIntoView({ block: "nearest" });
    if (active?.id) this.input.setAttribute("aria-activedescendant", active.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    const open = this.options.matches(":popover-open");
    const all = this.options.querySelectorAll("[role=option]");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!open) return this.open();
      this.at = Math.max(0, Math.min(all.length - 1, this.at + (event.key === "ArrowDown" ? 1 : -1)));
      this.#mark();
      event.preventDefault();
    } else if (event.key === "Enter" && open && all[this.at]) {
      this.choose(all[this.at].dataset.name);
      event.preventDefault();
    } else if (event.key === "Escape" && open) {
      this.close();
      event.preventDefault();
      event.stopPropagation();
    }
  }

  async create() {
    const key = await createKey(this.value && !this.keys?.some((one) => one.name === this.value) ? this.value : "");
    if (!key) return;
    this.keys = [...(this.keys ?? []), key];
    this.choose(key.name);
  }
}

/** The dialog of a new key; resolves with the key as the list has it, or undefined. */
export function createKey(suggested = "") {
  const name = textInput({ value: suggested, required: true, maxLength: 80 });
  return openDialog({
    title: t("keys.create"),
    body: [h("p.muted", t("keys.createText", { name: visible(session.value.keyService?.name ?? session.value.keyService?.kind) })), field(t("keys.name"), name, t("keys.nameHint"))],
    submit: { label: t("keys.createButton"), action: async () => {
      const wanted = name.value.trim();
      if (wanted === "") throw new Invalid(t("keys.noName"), name);
      const key = await post("keys", { name: wanted });
      toast(t("keys.created", { name: visible(wanted) }));
      return key;
    } },
  });
}

/**
 * Encryption type with key, as a form part. `none`: the label of "no setting" (value null).
 * `value`: {kind, key, bucketKey} or null; `customer`: a field for a customer's key, where one is possible. `read()` gives
 * the same, {kind: "SSE-C", bytes}, or throws Invalid.
 */
export class EncryptionChoice {
  constructor({ value = null, none, effect = () => null, id, customer = null }) {
    this.customer = customer;
    this.effect = effect;
    this.initial = value;
    const kinds = [["", none], ["SSE-S3", "SSE-S3"], ["SSE-KMS", "SSE-KMS"]];
    if (value?.kind === "DSSE-KMS") kinds.push(["DSSE-KMS", "DSSE-KMS"]);
    if (customer) kinds.push(["SSE-C", t("encryption.customer")]);
    this.kind = select(kinds, value?.kind ?? "", { id, on: { change: () => this.#changed() } });
    this.picker = new KeyPicker(value?.key ?? session.value.keyService?.defaultKey ?? "", () => this.#tell());
    this.keyField = field(t("encryption.keyId"), this.picker.element);
    this.text = h("p.hint.effect", { "aria-live": "polite" });
    this.element = h("div", field(t("encryption.type"), this.kind), this.keyField, customer?.element, this.text);
    this.#changed();
  }

  #changed() {
    this.keyField.hidden = !this.kind.value.endsWith("KMS");
    if (this.customer) this.customer.element.hidden = this.kind.value !== "SSE-C";
    this.#tell();
  }

  #tell() {
    fill(this.text, this.effect(this.kind.value, this.picker.value));
  }

  read() {
    const kind = this.kind.value;
    if (kind === "") return null;
    if (kind === "SSE-C") return { kind, bytes: this.customer.read() };
    if (!kind.endsWith("KMS")) return { kind };
    if (this.picker.value === "") throw new Invalid(t("encryption.chooseKey"), this.picker.input);
    const value = { kind, key: this.picker.value };
    if (this.initial?.kind === kind && this.initial.bucketKey !== undefined) value.bucketKey = this.initial.bucketKey;
    return value;
  }
}

// Dialogs: native <dialog>, so that focus stays in, Escape closes, and focus returns to where it was.

import { h, icon, fill, uniqueId } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { visible } from "../lib/format.js";
import { errorText } from "./states.js";

/**
 * Opens a dialog; resolves with what `submit` returned, or undefined if it was closed.
 * `body`: nodes, or a function of {close, changed}. `submit`: {label, kind, action(signal), disabled}; while the action runs
 * the button says so, and an error is shown inside. `extra`: more buttons, left of the others.
 */
export function openDialog({ title, body, submit, cancel = t("action.cancel"), wide = false, extra = [], className = "", onClose }) {
  const heading = uniqueId("dialog");
  const problem = h("div.dialog-error");
  const abort = new AbortController();
  let finish;
  const closed = new Promise((resolve) => { finish = resolve; });
  let result;
  const origin = document.activeElement;

  const close = (value) => {
    result = value;
    dialog.close();
  };
  const button = submit && h(`button.button.${submit.kind ?? "primary"}`, { type: "submit" }, submit.label);
  const form = h("form.dialog-form", { noValidate: true, on: { submit: run } },
    h("header.dialog-head", h("h2", { id: heading }, title),
      h("button.icon-button", { type: "button", "aria-label": t("action.close"), on: { click: () => close() } }, icon("close"))),
    h("div.dialog-body", typeof body === "function" ? body({ close, button }) : body, problem),
    (submit || extra.length > 0) && h("footer.dialog-foot", h("div.dialog-extra", extra),
      cancel && h("button.button", { type: "button", on: { click: () => close() } }, cancel), button));
  const dialog = h(`dialog.dialog${wide ? ".wide" : ""}`, { "aria-labelledby": heading, on: {
    // A link leads to another page, over which this one has no business.
    click: (event) => { if (event.target.closest('a[href^="#"]')) close(); },
    close: () => {
      abort.abort();
      dialog.remove();
      if (origin?.isConnected) origin.focus({ preventScroll: true });
      onClose?.();
      finish(result);
    },
  } }, form);
  if (className) dialog.classList.add(className);

  async function run(event) {
    event.preventDefault();
    if (!submit || button.getAttribute("aria-disabled") === "true" || button.disabled) return;
    button.setAttribute("aria-disabled", "true");
    button.classList.add("busy");
    fill(problem);
    try {
      close(await submit.action(abort.signal) ?? true);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error instanceof Invalid) {
        fill(problem, h("p.field-error", { role: "alert" }, error.message));
        error.field?.focus();
      } else fill(problem, h("div.banner.banner-danger", { role: "alert" }, icon("warn"), errorText(error)));
      problem.scrollIntoView({ block: "nearest" });
    } finally {
      button.removeAttribute("aria-disabled");
      button.classList.remove("busy");
    }
  }

  document.body.append(dialog);
  dialog.showModal();
  const first = dialog.querySelector("[autofocus], .dialog-body input:not([type=hidden]), .dialog-body select, .dialog-body textarea");
  (first ?? button ?? dialog.querySelector(".dialog-foot > .button") ?? dialog.querySelector(".icon-button")).focus();
  if (first?.select && first.type === "text") first.select();
  return closed;
}

/** What a person must mend in a form; shown in the dialog, with the focus at `field`. */
export class Invalid extends Error {
  constructor(message, field) {
    super(message);
    this.field = field;
  }
}

/** Asks before something is destroyed. With `name`, it must be typed. */
export function confirmDestroy({ title, text, name, label, action }) {
  const input = name === undefined ? null : h("input", { type: "text", autocomplete: "off", spellcheck: false, "aria-label": t("confirm.type", { name: visible(name) }) });
  return openDialog({
    title,
    body: [text, input && h("label.field.spaced-top", h("span.label", t("confirm.type", { name: visible(name) })), input)],
    submit: { label, kind: "danger", action: async (signal) => {
      if (input && input.value !== name) throw new Invalid(t("confirm.differs"), input);
      return action(signal);
    } },
  });
}

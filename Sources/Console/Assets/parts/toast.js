// Short notices, bottom left: at most three, each stays while the pointer or the focus is on it; all are kept in a log.

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

const region = h("div.toasts", { role: "status", "aria-live": "polite", "aria-label": t("toast.region"), popover: "manual" });
/** {at, text, kind} of this tab's notices, the newest first, at most 100. */
export const notices = [];

/** Shows `text`; `undo` = {label, action} adds a button. `kind`: ok, info, warn, danger. */
export function toast(text, { kind = "ok", undo, seconds = 6 } = {}) {
  notices.unshift({ at: new Date(), text, kind });
  notices.length = Math.min(notices.length, 100);
  if (!region.isConnected) document.body.append(region);
  // A toast stands above an open modal dialog: what enters the top layer last is on top.
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
  const close = () => {
    clearTimeout(timer);
    note.remove();
  };
  const note = h(`div.toast.toast-${kind}`, icon(kind === "ok" ? "check" : kind === "info" ? "info" : "warn"), h("span.toast-text", text),
    undo && h("button.button.small", { type: "button", on: { click: () => { close(); undo.action(); } } }, undo.label),
    h("button.icon-button", { type: "button", "aria-label": t("action.dismiss"), on: { click: close } }, icon("close")));
  let timer;
  const wait = () => { timer = setTimeout(close, 1000 * seconds); };
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", wait);
  note.addEventListener("focusin", () => clearTimeout(timer));
  note.addEventListener("focusout", wait);
  region.append(note);
  while (region.children.length > 3) region.firstChild.remove();
  wait();
}

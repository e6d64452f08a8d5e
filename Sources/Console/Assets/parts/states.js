// What stands where a list or a page would: skeleton, empty, error, partial.

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { visible } from "../lib/format.js";

/** Grey lines; they are shown only when an answer takes longer than 150 ms. */
export function skeleton(rows = 8) {
  return h("div.skeleton", { "aria-hidden": "true" },
    Array.from({ length: rows }, (_, n) => h("div.skeleton-row", h("span", { style: { width: `${28 + ((n * 37) % 40)}%` } }))));
}

/** What to do when there is nothing. */
export function empty(title, text, ...actions) {
  return h("div.state", icon("box", "state-icon"), h("p.state-title", title), text && h("p.muted", text), actions.length > 0 && h("div.actions", actions));
}

/** What happened, its cause, the request id, and a way to try again. */
export function failed(error, retry) {
  return h("div.state.state-error", { role: "alert" }, icon("warn", "state-icon"), errorText(error),
    retry && h("div.actions", h("button.button", { type: "button", on: { click: retry } }, icon("refresh"), t("action.retry"))));
}

/** The parts of an error in words; `error` is an ApiError or any other. */
export function errorText(error) {
  const denied = error.status === 403 && ["AccessDenied", "AccessDeniedException", ""].includes(error.code ?? "");
  return h("div.error-text",
    h("p.state-title", visible(denied ? t("error.denied") : error.message)),
    denied && error.message && error.code && h("p.muted", visible(error.message)),
    error.cause && typeof error.cause === "string" && h("p.muted", t("error.cause", { cause: visible(error.cause) })),
    error.retryAfter && error.status !== 401 && h("p.muted", t("error.retryAfter", { n: error.retryAfter })),
    error.requestId && h("p.caption.muted", t("error.requestId"), " ", h("code", error.requestId), error.code ? ` · ${error.code}` : ""));
}

/** A line across a page: `kind` is info, warn, danger or ok. */
export function banner(kind, ...content) {
  return h(`div.banner.banner-${kind}`, { role: kind === "danger" || kind === "warn" ? "alert" : "status" },
    icon(kind === "ok" ? "check" : kind === "info" ? "info" : "warn"), h("div.banner-text", content));
}

// Calls of the server's JSON API, relative to the address of the page, so that every prefix works.

import { Store } from "./store.js";
import { t } from "./i18n.js";

const base = new URL("api/", document.baseURI.replace(/[?#].*$/, "").replace(/[^/]*$/, ""));

/** Who is logged in, with token, capabilities and state of the key service; null before the login. */
export const session = new Store(null);

/** Set by the shell: asks for the password when the session has ended and resolves when there is a new one. */
export const ended = { ask: null };

/** An answer that is not success, or no answer (`status` 0). */
export class ApiError extends Error {
  constructor(status, error = {}, retryAfter = null) {
    super(error.message || t("error.status", { status }));
    this.status = status;
    this.code = error.code ?? "";
    this.resource = error.resource ?? "";
    this.requestId = error.requestId ?? "";
    this.cause = error.cause ?? "";
    this.retryAfter = retryAfter;
    this.body = error;
  }
}

export function address(path, query = {}) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "" && one !== false) url.searchParams.append(name, one);
    }
  }
  return url.href;
}

export function token() {
  return session.value?.token ?? "";
}

export async function failure(response) {
  let error = {};
  try {
    const document = await response.json();
    error = document.error ?? document;
  } catch {
    // A proxy answers in HTML; the status alone is told then.
  }
  return new ApiError(response.status, error, Number(response.headers.get("Retry-After")) || null);
}

/**
 * One call; the parsed JSON, or null for an empty answer. A 401 asks for the password in place and repeats the call;
 * a 403 never ends a session. `body` is sent as JSON, `text` as it is.
 */
export async function call(method, path, { query, body, text, signal, headers, login = true } = {}) {
  for (;;) {
    const response = await send(method, address(path, query), { body, text, signal, headers });
    if (response.status === 401 && login && session.value && ended.ask) {
      await ended.ask(signal);
      continue;
    }
    // The frame asks then how the key service is.
    if (response.status >= 500) dispatchEvent(new Event("coffer-trouble"));
    if (!response.ok) throw await failure(response);
    if (response.status === 204) return null;
    const answer = await response.text();
    return answer === "" ? null : JSON.parse(answer);
  }
}

async function send(method, url, { body, text, signal, headers = {} }) {
  const all = { Accept: "application/json", ...headers };
  if (method !== "GET") all["X-Coffer-Token"] = token();
  if (body !== undefined) all["Content-Type"] = "application/json";
  if (text !== undefined) all["Content-Type"] = "text/plain";
  try {
    return await fetch(url, { method, signal, headers: all, credentials: "same-origin", cache: "no-store",
      body: body === undefined ? text : JSON.stringify(body) });
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new ApiError(0, { code: "NoAnswer", message: t("error.unreachable") });
  }
}

/** The lines of an NDJSON answer, one value after the other, until the end or until `signal` is aborted. */
export async function* lines(path, { query, signal } = {}) {
  const response = await send("GET", address(path, query), { signal });
  if (!response.ok) throw await failure(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const line of parts) if (line.trim() !== "") yield JSON.parse(line);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}

export const get = (path, query, signal) => call("GET", path, { query, signal });
export const post = (path, body, options) => call("POST", path, { body, ...options });
export const put = (path, body, options) => call("PUT", path, { body, ...options });
export const remove = (path, query, body) => call("DELETE", path, { query, body });

/** Whether the server has the call `name` ("POST keys"); what needs one that it has not is absent from the page. */
export function has(name) {
  return session.value?.calls?.includes(name) ?? false;
}

/** Whether the account may do `action` to the server as a whole; of a bucket, `rights` tells. */
export function may(action) {
  return session.value?.may?.[action] ?? false;
}

/** What the account may do to a bucket, an object (`k`) or under a `prefix`: {action: true or false}. */
export async function rights(query, actions, signal) {
  if (!has("GET may")) return Object.fromEntries(actions.map((action) => [action, true]));
  return get("may", { ...query, action: actions }, signal);
}

// Sends bytes with progress: XMLHttpRequest, since fetch tells nothing of what has been sent.

import { address, ApiError, ended, session, token } from "./api.js";
import { t } from "./i18n.js";

const ATTEMPTS = 5;

/** One request; the parsed answer, or ApiError. */
function attempt(method, url, body, { headers, progress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("X-Coffer-Token", token());
    request.upload.onprogress = (event) => progress?.(event.loaded);
    const close = (settle) => (value) => {
      signal?.removeEventListener("abort", abort);
      settle(value);
    };
    const fail = close(reject);
    request.onabort = () => fail(new DOMException("", "AbortError"));
    request.onerror = () => fail(new ApiError(0, { code: "NoAnswer", message: t("error.unreachable") }));
    request.onload = close(() => {
      let answer = {};
      try {
        answer = request.responseText === "" ? {} : JSON.parse(request.responseText);
      } catch {
        // What a proxy says in HTML is told by its status.
      }
      if (request.status >= 200 && request.status < 300) resolve(answer);
      else reject(new ApiError(request.status, answer.error ?? {}, Number(request.getResponseHeader("Retry-After")) || null));
    });
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) return fail(new DOMException("", "AbortError"));
    request.send(body);
  });
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(new DOMException("", "AbortError")); }, { once: true });
  });
}

/** Whether a later attempt can go better: no answer, a timeout, too many requests, a server's trouble other than a full drive. */
function passing(error) {
  return error.status === 0 || error.status === 408 || error.status === 429 || (error.status >= 500 && error.status !== 501 && error.status !== 507);
}

/**
 * Sends `body`, again after what passes, five times with growing pauses. A 401 asks for the password and counts for
 * nothing. `waiting(error)` is told before each pause, `waiting(null)` after it.
 */
export async function send(method, path, { query, body, headers = {}, progress, signal, waiting } = {}) {
  const url = address(path, query);
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt(method, url, body, { headers, progress, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      if (error.status === 401 && session.value && ended.ask) {
        waiting?.(error);
        await ended.ask(signal);
        tried -= 1;
      } else if (passing(error) && tried < ATTEMPTS) {
        waiting?.(error);
        await pause(error.retryAfter ?? 2 ** (tried - 1) * (0.75 + Math.random() / 2), signal);
      } else throw error;
      progress?.(0);
      waiting?.(null);
    }
  }
}

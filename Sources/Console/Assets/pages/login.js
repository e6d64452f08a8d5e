// The login, as a page and, when a session has ended, as a dialog in place.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, post, session } from "../lib/api.js";
import { field, textInput } from "../parts/fields.js";
import { errorText } from "../parts/states.js";
import { openDialog } from "../parts/dialog.js";

const mark = new URL("../mark.svg", import.meta.url).href;

function fields(accessKey = "") {
  const key = textInput({ id: "accessKey", name: "username", autocomplete: "username", autocapitalize: "none", value: accessKey, required: true });
  const secret = h("input", { type: "password", id: "secretKey", name: "password", autocomplete: "current-password", required: true });
  const token = h("input", { type: "password", id: "sessionToken", autocomplete: "off" });
  const temporary = h("details", h("summary", t("login.temporary")), field(t("login.token"), token, t("login.tokenHint")));
  return { key, secret, token, nodes: [field(t("login.username"), key), field(t("login.password"), secret), temporary] };
}

/** Logs in; the secret leaves the form at once, whatever the answer. */
async function enter({ key, secret, token }) {
  const body = { accessKey: key.value, secretKey: secret.value };
  if (token.value !== "") body.sessionToken = token.value;
  const answer = await post("login", body, { login: false });
  secret.value = "";
  token.value = "";
  const kept = await get("session");
  if (!kept.signedIn) throw new Error(t(location.protocol === "https:" ? "login.cookieLost" : "login.cookieLostPlain"));
  return kept ?? answer;
}

function told(error) {
  if (error.status === 429) return { message: t("login.wait", { n: error.retryAfter ?? 60 }) };
  if (error.code === "InvalidLogin") return { message: t("login.wrong"), requestId: error.requestId, code: error.code };
  return error;
}

export function loginPage(entered) {
  const form = fields();
  const problem = h("div", { "aria-live": "assertive" });
  const button = h("button.button.primary#do-login", { type: "submit" }, t("login.button"));
  return h("main.login", h("div", { style: { width: "min(376px, 100%)" } }, h("form.login-card", { noValidate: true, on: { submit: async (event) => {
    event.preventDefault();
    fill(problem);
    const missing = [form.key, form.secret].find((input) => input.value === "");
    if (missing) {
      fill(problem, h("p.field-error.field", t(missing === form.key ? "login.noUsername" : "login.noPassword")));
      missing.focus();
      return;
    }
    button.classList.add("busy");
    button.disabled = true;
    try {
      session.set(await enter(form));
      entered();
    } catch (error) {
      fill(problem, h("div.banner.banner-danger.field", icon("warn"), errorText(told(error))));
      form.secret.value = "";
      form.secret.focus();
    } finally {
      button.classList.remove("busy");
      button.disabled = false;
    }
  } } },
  h("h1.brand", h("img", { src: mark, alt: "" }), "Coffer"), h("p.muted", t("login.lead")),
  form.nodes, problem, button), h("p.login-foot", icon("lock"), " ", t("login.foot"))));
}

let asking = null;

/** Asks for the password in place; calls that wait go on afterwards. One dialog, however many ask. */
export function askAgain() {
  asking ??= again().finally(() => { asking = null; });
  return asking;
}

async function again() {
  const account = session.value?.accessKey ?? "";
  const form = fields(account);
  const done = await openDialog({
    title: t("again.title"), cancel: t("again.leave"),
    body: [h("p", t("again.text")), form.nodes],
    submit: { label: t("login.button"), action: async () => {
      try {
        const answer = await enter(form);
        // Another account must not see what this page has loaded.
        if (answer.accessKey !== account) location.reload();
        session.set(answer);
        return true;
      } catch (error) {
        form.secret.focus();
        throw Object.assign(new Error(told(error).message), { requestId: error.requestId });
      }
    } },
  });
  if (!done) {
    session.set(null);
    throw new DOMException(t("again.title"), "AbortError");
  }
}

// The start: asks who is logged in, draws the frame, and shows the page that the address names.

import { h, fill } from "./lib/dom.js";
import { t } from "./lib/i18n.js";
import { ended, get, has, may, session } from "./lib/api.js";
import { current, go, href, onRoute } from "./lib/router.js";
import { Shell } from "./parts/shell.js";
import { failed, skeleton } from "./parts/states.js";

/** A page's module exports `page({path, query, signal, shell})`: a promise of {title, element, update(route)?}. */
const pages = [
  { path: [], file: "overview", when: () => has("GET overview") && may("admin:ServerInfo") },
  { path: ["buckets"], file: "buckets" },
  { path: ["buckets", "*"], file: "objects" },
  { path: ["buckets", "*", "objects"], file: "objects" },
  { path: ["buckets", "*", "uploads"], file: "uploads", when: () => has("GET uploads") },
  { path: ["buckets", "*", "settings"], file: "settings" },
  { path: ["buckets", "*", "settings", "*"], file: "settings" },
  { path: ["keys"], file: "keys", when: () => has("GET keys") },
  { path: ["keys", "status"], file: "key-service", when: () => has("GET kms") },
  { path: ["keys", "name", "*"], file: "key", when: () => has("GET key") },
  { path: ["identity", "*"], file: "identity", when: () => has("GET users") || has("GET access-keys") },
  { path: ["shares"], file: "shares", when: () => has("GET shares") },
  { path: ["diagnostics"], file: "diagnostics", when: () => has("GET doctor") && may("admin:OBDInfo") },
  { path: ["tasks"], file: "tasks", when: () => has("GET tasks") },
  { path: ["activity", "*"], file: "activity", when: () => has("GET trace") || has("GET audit") || has("GET log") },
];

let shell = null;
let shown = null;
let leaving = new AbortController();

function matching(path, isThere = (page) => page.when?.() ?? true) {
  return pages.find((page) => page.path.length === path.length && page.path.every((part, n) => part === "*" || part === path[n]) && isThere(page));
}

function start() {
  return has("GET overview") && may("admin:ServerInfo") ? "#/" : "#/buckets";
}

async function show(route) {
  if (!session.value) return showLogin(route);
  if (route.path[0] === "login") return go(next(route), { replace: true });
  if (!shell) {
    shell = new Shell();
    document.body.replaceChildren(shell.element);
  }
  const page = matching(route.path);
  if (!page) return route.path.length === 0 ? go(start(), { replace: true }) : showMissing();
  const key = JSON.stringify([page.file, route.path]);
  if (shown?.key === key && shown.view?.update?.(route)) return shell.mark(route);
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  shown = { key, view: null };
  shell.mark(route);
  shell.main.setAttribute("aria-busy", "true");
  // What was there stays until the new page has its data, but no longer than 150 ms.
  const late = setTimeout(() => shell.show(h("div.page", skeleton())), 150);
  try {
    const module = await import(`./pages/${page.file}.js`);
    const view = await module.page({ path: route.path, query: route.query, signal, shell });
    if (signal.aborted) return;
    shown.view = view;
    shell.show(view.element, view.title);
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    console.info(error);
    shell.show(h("div.page", failed(error, () => { shown = null; show(current()); })), t("title.error"));
  } finally {
    clearTimeout(late);
    if (!signal.aborted) shell?.main.setAttribute("aria-busy", "false");
  }
}

function showMissing() {
  leaving.abort();
  shown = null;
  shell.main.setAttribute("aria-busy", "false");
  shell.show(h("div.page", h("div.state", h("h1", t("missing.title")), h("p.muted", t("missing.text")),
    h("div.actions", h("a.button", { href: "#/buckets" }, t("missing.back"))))), t("missing.title"));
}

/** Where to go after the login: only addresses of this page, whatever the link says. */
function next(route) {
  const wanted = route.query.get("next") ?? "";
  return wanted.startsWith("#/") && !wanted.startsWith("#/login") ? wanted : start();
}

async function showLogin(route) {
  leaving.abort();
  if (shell) dispatchEvent(new Event("coffer-left"));
  shell?.leave();
  shell = null;
  shown = null;
  if (route.path[0] !== "login") {
    const wanted = route.path.length === 0 ? "" : route.hash;
    return go(href(["login"], { next: wanted }), { replace: true });
  }
  const { loginPage } = await import("./pages/login.js");
  document.title = t("title.page", { page: t("login.button") });
  fill(document.body, loginPage(() => show(current())));
  document.querySelector("#accessKey").focus();
}

ended.ask = async (signal) => {
  const { askAgain } = await import("./pages/login.js");
  await askAgain(signal);
};

session.watch((value) => {
  if (!value && shell) show(current());
});
onRoute(show);

try {
  // The page's module comes while the server says who is logged in.
  const first = matching(current().path, () => true);
  if (first) import(`./pages/${first.file}.js`).catch(() => null);
  const answer = await get("session");
  session.set(answer.signedIn ? answer : null);
  show(current());
} catch (error) {
  fill(document.body, h("main.login", failed(error, () => location.reload())));
}

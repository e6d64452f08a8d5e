// The frame of every page: top bar, rail, banners, main.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, may, post, session } from "../lib/api.js";
import { milliseconds, visible } from "../lib/format.js";
import { keep, kept } from "../lib/store.js";
import { banner } from "./states.js";
import { menuButton } from "./menu.js";
import { href } from "../lib/router.js";
import { startShortcuts } from "../lib/shortcuts.js";

const mark = new URL("../mark.svg", import.meta.url).href;

/** The places of the rail; one that the server or the account has not is left out. */
export function places() {
  return [
    { id: "overview", icon: "overview", href: "#/", when: has("GET overview") && may("admin:ServerInfo"), also: [
      { id: "diagnostics", href: "#/diagnostics", when: has("GET doctor") && may("admin:OBDInfo") }] },
    { id: "buckets", icon: "bucket", href: "#/buckets", when: true },
    { id: "keys", icon: "key", href: "#/keys", when: has("GET keys") && may("kms:ListKeys"), also: [
      { id: "key-status", href: "#/keys/status", when: has("GET kms") && may("kms:Status") }] },
    { id: "key-status-alone", icon: "key", href: "#/keys/status", when: !may("kms:ListKeys") && has("GET kms") && may("kms:Status") },
    { id: "identity", icon: "people", href: "#/identity/users", when: has("GET users") && may("admin:ListUsers") },
    { id: "access-keys", icon: "user", href: "#/identity/access-keys", when: has("GET access-keys") && !(has("GET users") && may("admin:ListUsers")) },
    { id: "activity", icon: "activity", href: has("GET trace") && may("admin:ServerTrace") ? "#/activity/trace" : "#/activity/log", when: has("GET trace") && may("admin:ServerTrace") || has("GET log") && may("admin:ConsoleLog") },
  ].filter((place) => place.when);
}

export class Shell {
  constructor() {
    this.stop = new AbortController();
    this.main = h("main.main#main", { tabIndex: -1 });
    this.banners = h("div.banners");
    this.rail = h("nav.rail", { "aria-label": t("rail.name") });
    this.keyState = h("div.key-place");
    this.element = h("div.shell",
      h("button.button.skip", { type: "button", on: { click: () => this.main.focus() } }, t("shell.skip")),
      h("header.topbar",
        h("a.brand", { href: "#/", "aria-label": t("shell.home") }, h("img", { src: mark, alt: "" }), h("span", "Coffer")),
        h("div.spacer"), this.keyState,
        h("button.jump-button.wide-only", { type: "button", on: { click: () => this.jump() } }, icon("search"), t("jump.button"), h("kbd", "Ctrl K")),
        h("button.icon-button", { type: "button", "aria-label": t("theme.switch"), title: t("theme.switch"), on: { click: switchTheme } }, icon("theme")),
        this.#userMenu()),
      this.rail, this.main);
    session.watch((value) => { if (value) this.#showSession(value); }, this.stop.signal);
    startShortcuts(this, this.stop.signal);
    this.#refreshSession();
    this.#tellInterrupted();
  }

  /** Uploads that a closed tab or a crash cut off: the file must be chosen again, since a page cannot open it by itself. */
  async #tellInterrupted() {
    if (!has("GET uploads") || !window.indexedDB) return;
    const [{ remembered }, queue, { toast }] = await Promise.all([import("../lib/unfinished.js"), import("../lib/queue.js"), import("./toast.js")]);
    const mine = (await remembered()).filter((one) => one.account === session.value?.accessKey && !queue.items.some((item) => item.upload?.id === one.id));
    if (mine.length === 0 || this.stop.signal.aborted) return;
    toast(t("uploads.interrupted", { n: mine.length }), { kind: "info", seconds: 20, undo: { label: t("uploads.show"), action: () => { location.hash = href(["buckets", mine[0].bucket, "uploads"]); } } });
  }

  #userMenu() {
    const { accessKey, user, kind } = session.value;
    const button = h("button.user-button", { type: "button", "aria-label": t("user.menu", { user: visible(user ?? accessKey) }) },
      icon("user"), h("span", visible(user ?? accessKey)), icon("down"));
    return menuButton(button, () => [
      { title: t(`user.kind.${kind}`, { key: visible(accessKey) }) },
      { label: t(kept("rows", "compact") === "cosy" ? "user.compact" : "user.cosy"), icon: "menu", action: switchRows },
      { label: t("user.shortcuts"), icon: "info", note: "?", action: () => import("./shortcut-list.js").then((module) => module.showShortcuts()) },
      { label: t("user.notices"), icon: "bell", action: () => import("./shortcut-list.js").then((module) => module.showNotices()) },
      has("GET shares") && { label: t("shares.title"), icon: "link", action: () => { location.hash = "#/shares"; } },
      "-",
      { label: t("user.logoutEverywhere"), icon: "shield", action: () => logout(true) },
      { label: t("user.logout"), icon: "logout", action: () => logout(false) },
    ]);
  }

  #showSession(value) {
    const service = value.keyService;
    if (service && this.shownService !== JSON.stringify(service)) {
      this.shownService = JSON.stringify(service);
      const linked = has("GET kms") && may("kms:Status");
      const text = service.state === "online"
        ? [t("keyState.short"), service.latencyMilliseconds !== undefined && h("span.wide-only", ` ${milliseconds(service.latencyMilliseconds)}`)]
        : t(`keyState.${service.state}`);
      const title = t(`keyState.title.${service.state}`, { name: visible(service.name ?? service.kind) });
      fill(this.keyState, h(linked ? "a.key-state" : "span.key-state", { href: linked ? "#/keys/status" : undefined, title, "aria-label": title }, h(`span.light.${service.state}`), h("span", text)));
      fill(this.banners, service.state === "offline" && banner("danger", h("strong", t("banner.keysAway", { name: visible(service.name ?? service.kind) })), " ",
        service.cause && visible(service.cause), " ", t("banner.keysAwayEffect")),
      service.state === "degraded" && banner("warn", t("banner.keysDegraded", { name: visible(service.name ?? service.kind) }), " ", service.cause && visible(service.cause)));
    }
    const all = places();
    const key = JSON.stringify(all);
    if (this.shownPlaces === key) return;
    this.shownPlaces = key;
    const version = value.server?.version;
    fill(this.rail, all.map((place) => [
      h("a.rail-link", { href: place.href, data: { place: place.id }, title: t(`place.${place.id}`) }, icon(place.icon), h("span", t(`place.${place.id}`))),
      place.also?.filter((sub) => sub.when).map((sub) => h("a.rail-link.rail-sub", { href: sub.href, data: { place: sub.id } }, h("span", t(`place.${sub.id}`)))),
    ]), version && h("div.rail-foot", t("shell.version", { version })));
    if (this.route) this.mark(this.route);
  }

  /** The state of the key service and the rights are asked again while somebody works here; an idle page lets the session end. */
  #refreshSession() {
    let active = Date.now();
    const touched = () => { active = Date.now(); };
    for (const event of ["pointerdown", "keydown"]) addEventListener(event, touched, { signal: this.stop.signal, passive: true });
    addEventListener("coffer-trouble", () => { if (session.value?.keyService?.state === "online") this.ask(); }, { signal: this.stop.signal });
    addEventListener("focus", () => this.ask(), { signal: this.stop.signal });
    const timer = setInterval(async () => {
      if (document.hidden || Date.now() - active > 300_000 && session.value?.keyService?.state === "online") return;
      await this.ask();
    }, 10_000);
    this.stop.signal.addEventListener("abort", () => clearInterval(timer));
  }

  async ask() {
    try {
      const value = await get("session");
      if (value.signedIn) session.set(value);
    } catch {
      // The next call of a page tells what is wrong.
    }
  }

  /** Marks the place of `route` in the rail. */
  mark(route) {
    this.route = route;
    const [first, second] = route.path;
    const place = first === undefined ? "overview" : first === "keys" && second === "status" ? "key-status" : first;
    for (const link of this.rail.querySelectorAll("a")) {
      const mine = link.dataset.place === place || place === "identity" && link.dataset.place === "access-keys" || place === "key-status" && link.dataset.place === "key-status-alone";
      if (mine) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  show(element, title) {
    if (title) document.title = t("title.page", { page: title });
    fill(this.main, this.banners, element);
    this.main.scrollTop = 0;
    const held = document.activeElement;
    if (!held || held === document.body) this.main.focus({ preventScroll: true });
  }

  async jump() {
    const module = await import("./jump.js");
    module.openJump();
  }

  leave() {
    this.stop.abort();
  }
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  keep("theme", root.dataset.theme);
}

function switchRows() {
  const rows = kept("rows", "compact") === "cosy" ? "compact" : "cosy";
  keep("rows", rows);
  document.documentElement.dataset.rows = rows;
  dispatchEvent(new Event("resize"));
}

async function logout(everywhere) {
  await post("logout", everywhere ? { everywhere: true } : {}, { login: false }).catch(() => null);
  location.hash = "#/login";
  session.set(null);
}

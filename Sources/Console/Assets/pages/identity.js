// Users, groups, policies, access keys: one page with a tab each.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { has, may } from "../lib/api.js";
import { href } from "../lib/router.js";
import { arraySource, Grid } from "../lib/grid.js";
import { filterBox, pageHead, refreshButton } from "../parts/page-head.js";
import { empty } from "../parts/states.js";

export function tabs() {
  return [["users", has("GET users") && may("admin:ListUsers")], ["groups", has("GET groups") && may("admin:ListGroups")], ["policies", has("GET policies") && may("admin:ListUserPolicies")], ["access-keys", has("GET access-keys")]].filter(([, shown]) => shown).map(([name]) => name);
}

/** A tab's module exports `tab({refresh, signal})`: {columns, id, load(signal), open(row), create: {label, action}, words(row)}. */
export async function page({ path, signal }) {
  const name = tabs().includes(path[1]) ? path[1] : tabs()[0];
  const module = await import(`./identity-${name}.js`);
  let rows = [];
  let text = "";
  const refresh = async () => {
    rows = await tab.load(signal);
    draw();
  };
  const tab = module.tab({ refresh, signal });
  const grid = new Grid({ label: t(`identity.${name}`), columns: tab.columns, source: arraySource([]), id: tab.id, open: async (row) => { if (await tab.open(row)) await refresh(); } });
  const create = async () => { if (await tab.create.action()) await refresh(); };

  function draw() {
    const shown = text === "" ? rows : rows.filter((row) => tab.id(row).toLowerCase().includes(text) || (tab.words?.(row) ?? "").toLowerCase().includes(text));
    grid.show(arraySource(shown), { keep: true, state: shown.length > 0 ? null : text !== "" ? empty(t("identity.noneMatch", { text })) : empty(t(`identity.none.${name}`), t(`identity.text.${name}`)) });
  }
  await refresh();
  return {
    title: t(`identity.${name}`),
    element: h("div.page.fixed",
      pageHead(t("place.identity"), filterBox(t("activity.filter"), (value) => { text = value.toLowerCase(); draw(); }), refreshButton(refresh), tab.create && h("button.button.primary", { type: "button", on: { click: create } }, tab.create.label)),
      h("nav.tabs", { "aria-label": t("place.identity") }, tabs().map((one) => h("a.tab", { href: href(["identity", one]), "aria-current": one === name ? "page" : null }, t(`identity.${one}`)))),
      h("p.muted", t(`identity.text.${name}`)), grid.element),
  };
}

/** Follows `next` to the end of a list, up to ten thousand. */
export async function all(load, member) {
  const rows = [];
  let after;
  do {
    const answer = await load(after);
    rows.push(...answer[member]);
    after = answer.next;
  } while (after && rows.length < 10_000);
  return rows;
}

export function badges(list) {
  return list?.length > 0 ? h("span", list.slice(0, 4).map((name) => [h("span.badge", h("bdi", name)), " "]), list.length > 4 && `+${list.length - 4}`) : h("span.muted", "–");
}

export function stateBadge(enabled) {
  return h(`span.badge.${enabled ? "ok" : "warn"}`, t(enabled ? "state.enabled" : "state.disabled"));
}


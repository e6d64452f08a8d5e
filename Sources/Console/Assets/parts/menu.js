// Menus on the Popover API: light dismissal and the top layer come from the browser.

import { h, icon, uniqueId } from "../lib/dom.js";

/**
 * A button that opens a menu. `items`: a list, or a function that makes one at opening, of
 * {label, icon, action, kind, href, note}, {title}, or "-" for a line.
 */
export function menuButton(button, items) {
  const id = uniqueId("menu");
  const menu = h("div.menu", { id, role: "menu", popover: "auto" });
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    if (menu.matches(":popover-open")) menu.hidePopover();
    else open();
  });
  menu.addEventListener("toggle", (event) => {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "closed" && menu.contains(document.activeElement)) button.focus();
    if (event.newState === "closed") setTimeout(() => menu.remove(), 0);
  });
  menu.addEventListener("keydown", (event) => {
    const all = [...menu.querySelectorAll("[role=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) all[(at + step + all.length) % all.length]?.focus();
    else if (event.key === "Home") all[0]?.focus();
    else if (event.key === "End") all.at(-1)?.focus();
    else if (event.key === "Tab" || event.key === "Escape") { menu.hidePopover(); button.focus(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function open() {
    const list = typeof items === "function" ? items() : items;
    menu.replaceChildren(...list.filter(Boolean).map((item) => item === "-" ? h("div.menu-line", { role: "separator" }) : item.title ? h("div.menu-title", { role: "presentation" }, item.title) : row(item)));
    (button.closest("dialog") ?? document.body).append(menu);
    menu.showPopover();
    place(menu, button);
    menu.querySelector("[role=menuitem]")?.focus();
  }

  function row(item) {
    const content = [icon(item.icon ?? "blank"), h("span", item.label), item.note && h("span.menu-note", item.note)];
    if (item.href) return h("a.menu-item", { role: "menuitem", href: item.href, tabIndex: -1, download: item.download, on: { click: () => menu.hidePopover() } }, content);
    return h(`button.menu-item${item.kind ? `.${item.kind}` : ""}`, { type: "button", role: "menuitem", tabIndex: -1,
      on: { click: () => { menu.hidePopover(); button.focus(); item.action(); } } }, content);
  }
  return button;
}

/** Puts a popover under `anchor`, or above it where there is no room, inside the window. */
export function place(popover, anchor) {
  const from = anchor.getBoundingClientRect();
  const size = popover.getBoundingClientRect();
  const below = from.bottom + 4 + size.height <= innerHeight;
  const left = Math.max(8, Math.min(from.right - size.width > 8 && from.left + size.width > innerWidth - 8 ? from.right - size.width : from.left, innerWidth - size.width - 8));
  popover.style.left = `${left}px`;
  popover.style.top = `${Math.max(8, below ? from.bottom + 4 : from.top - size.height - 4)}px`;
}

// Keys that work on every page. None works while one types or while a dialog is open.

const GOES = { b: "#/buckets", k: "#/keys", o: "#/", t: "#/tasks", a: "#/activity/trace" };

/** A page's own keys: {"u": () => …}; set by the page, cleared with `signal`. */
let own = {};

export function pageKeys(keys, signal) {
  own = keys;
  signal.addEventListener("abort", () => { if (own === keys) own = {}; });
}

function typing(target) {
  return target instanceof HTMLElement && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

export function startShortcuts(shell, signal) {
  let waiting = 0;
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      shell.jump();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (waiting > Date.now()) {
      waiting = 0;
      if (GOES[event.key]) {
        event.preventDefault();
        location.hash = GOES[event.key];
      }
      return;
    }
    if (event.key === "g") waiting = Date.now() + 1000;
    else if (event.key === "?") import("../parts/shortcut-list.js").then((module) => module.showShortcuts());
    else if (event.key === "/") {
      const filter = document.querySelector(".main input[type=search]");
      if (!filter) return;
      event.preventDefault();
      filter.focus();
    } else if (own[event.key]) {
      event.preventDefault();
      own[event.key](event);
    }
  }, { signal });
}

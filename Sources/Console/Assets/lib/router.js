// Routing in the hash: a refresh works behind any rewrite, and keys reach no proxy.

const listeners = new Set();

/** {path: ["buckets", "b", "objects"], query: URLSearchParams, hash} of the address. */
export function current() {
  return parse(location.hash);
}

export function parse(hash) {
  const text = hash.startsWith("#/") ? hash.slice(2) : "";
  const mark = text.indexOf("?");
  const path = (mark < 0 ? text : text.slice(0, mark)).split("/").filter((part) => part !== "").map(decoded);
  return { path, query: new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1)), hash: `#/${text}` };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** "#/buckets/b/objects?prefix=a%2F" of path parts and a query; empty values are left out. */
export function href(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== "") search.set(name, value);
  const tail = search.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${tail ? `?${tail}` : ""}`;
}

export function go(hash, { replace = false } = {}) {
  if (hash === location.hash) return announce();
  if (replace) {
    history.replaceState(null, "", hash);
    announce();
  } else location.hash = hash;
}

export function onRoute(listener) {
  listeners.add(listener);
}

function announce() {
  for (const listener of listeners) listener(current());
}

addEventListener("hashchange", announce);

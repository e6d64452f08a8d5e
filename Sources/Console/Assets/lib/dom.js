// The one way in which elements are made: text, properties and listeners, never markup from strings.

const SVG = "http://www.w3.org/2000/svg";
const sprite = new URL("../icons.svg", import.meta.url).href;

/**
 * An element. `tag` may carry classes and an id: "div.panel.wide#name".
 * Of `props`: `on` = {event: listener}, `data` = dataset, `style` = {property: value}; names with a hyphen and `role`, `for`
 * are attributes; everything else is a property of the element. Children: nodes, strings, numbers, arrays; null and false
 * are skipped.
 */
export function h(tag, props, ...children) {
  const [, name, rest] = /^([\w-]+)(.*)$/.exec(tag);
  const element = document.createElement(name);
  for (const part of rest.match(/[.#][\w-]+/g) ?? []) {
    if (part[0] === ".") element.classList.add(part.slice(1));
    else element.id = part.slice(1);
  }
  if (props !== null && (typeof props !== "object" || props instanceof Node || Array.isArray(props))) {
    children.unshift(props);
    props = null;
  }
  set(element, props);
  append(element, children);
  return element;
}

/** Gives `element` the properties that `h` understands. */
export function set(element, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (name === "class") element.className = value;
    else if (name.includes("-") || name === "role" || name === "for" || name === "list" || name === "popover") {
      if (value !== false || name.startsWith("aria-")) element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
    } else element[name] = value;
  }
}

function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces all children. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** An icon of the sprite, 16 px. It is ornament: the name of a control stands in its text or its `aria-label`. */
export function icon(name, className = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${className}`);
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** An SVG element with attributes, for plots. */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  append(element, children);
  return element;
}

let serial = 0;

/** An id that no other element has. */
export function uniqueId(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}

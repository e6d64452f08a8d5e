// Runs in every document of the tests, beside the page: finds by name, knows when calls are under way, and judges.

(() => {
  const violations = [];
  addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
  const calls = new Set();
  const original = window.fetch;
  window.fetch = (...parameters) => {
    const call = { what: `${parameters[1]?.method ?? "GET"} ${parameters[0]}`, since: performance.now() };
    calls.add(call);
    return original(...parameters).finally(() => calls.delete(call));
  };

  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getClientRects().length > 0;
  const text = (element) => (element?.innerText ?? element?.textContent ?? "").replace(/\s+/g, " ").trim();

  function name(element) {
    const labelled = element.getAttribute("aria-labelledby");
    if (labelled) return labelled.split(" ").map((id) => text(document.getElementById(id))).join(" ");
    if (element.getAttribute("aria-label")) return element.getAttribute("aria-label").trim();
    if (element.labels?.length) return [...element.labels].map(text).join(" ");
    const pictures = [...element.querySelectorAll("img[alt]")].map((image) => image.alt).join(" ");
    return text(element) || pictures.trim() || element.title || element.placeholder || "";
  }

  const SELECTORS = {
    button: "button, [role=button], a.button", link: "a[href]", field: "input, select, textarea", menuitem: "[role=menuitem]", option: "[role=option]",
  };

  /** Those in the topmost dialog or menu, if one is open; else in the whole page. */
  function scope() {
    const menu = [...document.querySelectorAll("[popover].menu")].filter((one) => one.matches(":popover-open")).at(-1);
    return menu ?? [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  }

  function find(role, wanted, exact = true) {
    const all = [...scope().querySelectorAll(SELECTORS[role])].filter(shown);
    return all.find((element) => name(element) === wanted) ?? (exact ? all.find((element) => role === "field" && name(element).startsWith(wanted)) ?? null : all.find((element) => name(element).includes(wanted))) ?? null;
  }

  function row(wanted) {
    const bdi = [...document.querySelectorAll(".grid-row:not([hidden]) .name-cell .name")].find((one) => text(one) === wanted);
    return bdi ?? null;
  }

  function quiet() {
    return calls.size === 0 && !document.querySelector(".skeleton, .busy, [aria-busy=true]");
  }

  /** What keeps the page from being quiet. */
  function disquiet() {
    return [...[...calls].map(({ what, since }) => `${what} for ${Math.round(performance.now() - since)} ms`),
      ...[...document.querySelectorAll(".skeleton, .busy, [aria-busy=true]")].map((element) => `<${element.tagName} class="${element.className}">`), document.readyState];
  }

  // --- contrast: colours as they are drawn, half-transparent ones laid over what is behind

  function channels(colour) {
    const found = /^(?:rgba?|color)\(([^)]+)\)/.exec(colour);
    if (!found) return null;
    const parts = found[1].replace("srgb", "").split(/[\s,/]+/).filter(Boolean).map(Number);
    const scale = colour.startsWith("color(") ? 255 : 1;
    return [parts[0] * scale, parts[1] * scale, parts[2] * scale, parts[3] ?? 1];
  }

  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];

  function background(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour && colour[3] > 0) layers.push(colour);
      if (colour && colour[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), channels(getComputedStyle(document.body).backgroundColor) ?? [255, 255, 255, 1]);
  }

  function luminance([r, g, b]) {
    const [x, y, z] = [r, g, b].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  }

  function contrast(element) {
    const behind = background(element);
    const front = over(channels(getComputedStyle(element).color), behind);
    const [one, other] = [luminance(front), luminance(behind)].sort((a, b) => b - a);
    return (one + 0.05) / (other + 0.05);
  }

  function complaints() {
    const found = [];
    const root = scope();
    const told = (element) => `<${element.tagName.toLowerCase()} class="${element.className?.baseVal ?? element.className}"> ${text(element).slice(0, 40)}`;
    for (const element of root.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea, [role=grid], [role=dialog], dialog, nav, img:not([alt]), [role=progressbar], [role=meter]")) {
      if (shown(element) && name(element) === "") found.push(`no name: ${told(element)}`);
    }
    for (const element of root.querySelectorAll("button, a.button, a.icon-button, input, select")) {
      const box = element.getBoundingClientRect();
      if (shown(element) && !element.closest(".off-screen, .visually-hidden, .skip, label.check, .grid-check") && !element.matches(".skip, .off-screen") && (box.height < 24 || box.width < 24)) found.push(`small target ${Math.round(box.width)}×${Math.round(box.height)}: ${told(element)}`);
    }
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (node.data.trim() === "" || !element || !shown(element) || element.closest("noscript, option, script, style, [aria-hidden=true], :disabled, .skip")) continue;
      const ratio = contrast(element);
      const size = parseFloat(getComputedStyle(element).fontSize);
      if (ratio < (size >= 24 ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)} (${getComputedStyle(element).color} on ${background(element).map(Math.round)}): ${told(element)}`);
    }
    if (document.documentElement.scrollWidth > innerWidth + 1) found.push(`sideways scrolling: ${document.documentElement.scrollWidth} > ${innerWidth}`);
    const main = document.querySelector(".main");
    if (main && main.scrollWidth > main.clientWidth + 1) found.push(`sideways scrolling of main: ${main.scrollWidth} > ${main.clientWidth}`);
    if (root === document.body && document.querySelectorAll("h1").length !== 1) found.push(`${document.querySelectorAll("h1").length} h1`);
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) found.push(`id twice: ${id}`);
    return [...new Set(found)].slice(0, 20);
  }

  window.test = { find, row, quiet, disquiet, name, complaints, violations, text };
})();

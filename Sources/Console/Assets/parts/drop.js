// Files and folders that are dropped on a page, folders read to their ends.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** Calls `dropped` with {files: [{file, path}], emptyFolders: n} of what is dropped on `element`. */
export function dropTarget(element, dropped, signal) {
  const veil = h("div.drop-veil", { "aria-hidden": "true" }, h("p", t("drop.here")));
  let depth = 0;
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const options = { signal };
  element.addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth += 1;
    element.append(veil);
  }, options);
  element.addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); }, options);
  element.addEventListener("dragleave", () => {
    depth -= 1;
    if (depth <= 0) veil.remove();
  }, options);
  element.addEventListener("drop", async (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth = 0;
    veil.remove();
    // The list is void after the first pause: entries are taken before.
    const entries = [...event.dataTransfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
    dropped(await walk(entries));
  }, options);
  // A file dropped beside the target must not replace the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => { if (carries(event)) event.preventDefault(); }, options);
}

async function walk(entries) {
  const files = [];
  let emptyFolders = 0;
  const visit = async (entry, path) => {
    if (entry instanceof File) files.push({ file: entry, path: entry.name });
    else if (entry.isFile) files.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path: path + entry.name });
    else {
      const reader = entry.createReader();
      let found = 0;
      // One call gives a hundred entries at most; the last gives none.
      for (;;) {
        const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (batch.length === 0) break;
        found += batch.length;
        for (const one of batch) await visit(one, `${path}${entry.name}/`);
      }
      if (found === 0) emptyFolders += 1;
    }
  };
  for (const entry of entries) if (entry) await visit(entry, "");
  return { files, emptyFolders };
}

/** What a file field gave, with the folders' paths. */
export function chosen(list) {
  return { files: [...list].map((file) => ({ file, path: (file.webkitRelativePath || file.name).replace(/^(\.\/)+/, "") })), emptyFolders: 0 };
}

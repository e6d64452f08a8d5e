// Large uploads that were begun in this browser, kept in IndexedDB so that they go on after a reload. No content, no secret.

const NAME = "coffer";
const SAMPLE = 65_536;

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("uploads", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run(mode, act) {
  try {
    const opened = await database();
    return await new Promise((resolve, reject) => {
      const change = opened.transaction("uploads", mode);
      const request = act(change.objectStore("uploads"));
      change.oncomplete = () => { opened.close(); resolve(request.result); };
      change.onerror = () => { opened.close(); reject(change.error); };
    });
  } catch {
    // Private windows can forbid it: an upload then starts over after a reload.
    return undefined;
  }
}

/** {id (the upload's), bucket, key, size, modified, print, replace, partSize, account, started} */
export const remember = (upload) => run("readwrite", (store) => store.put(upload));
export const forget = (id) => run("readwrite", (store) => store.delete(id));
export const remembered = async () => (await run("readonly", (store) => store.getAll())) ?? [];

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82F63B78 : value >>> 1;
  return value >>> 0;
});

/** CRC-32C (Castagnoli), in JavaScript: crypto.subtle is absent where the page came over plain HTTP. */
export function crc32c(bytes) {
  let value = 0xFFFFFFFF;
  for (let n = 0; n < bytes.length; n += 1) value = TABLE[(value ^ bytes[n]) & 0xFF] ^ (value >>> 8);
  return (value ^ 0xFFFFFFFF) >>> 0;
}

/** What tells this file from another of the same size and time: the first and the last 64 KiB. */
export async function fingerprint(file) {
  const head = new Uint8Array(await file.slice(0, SAMPLE).arrayBuffer());
  const tail = new Uint8Array(await file.slice(Math.max(0, file.size - SAMPLE)).arrayBuffer());
  return `${crc32c(head).toString(16)}-${crc32c(tail).toString(16)}`;
}

/** The upload that was begun with this very file for this place, or undefined. */
export async function begun({ bucket, key, file, account }) {
  const all = (await remembered()).filter((one) => one.bucket === bucket && one.key === key && one.size === file.size && one.modified === file.lastModified && one.account === account);
  if (all.length === 0) return undefined;
  const print = await fingerprint(file);
  return all.find((one) => one.print === print);
}

// One file to one object: whole, or in parts that are sent side by side, retried each, and taken up again.

import { ApiError, get, has, post, remove, session } from "./api.js";
import { send } from "./send.js";
import { t } from "./i18n.js";
import { begun, fingerprint, forget, remember } from "./unfinished.js";

export const MIB = 1_048_576;
/** Below the usual limits of proxies (100 MB), and above S3's least part (5 MiB). */
const PART = 16 * MIB;
const SMALL_PART = 5 * MIB;
const MOST_PARTS = 10_000;

/** Of 40 parts or more the four that are under way are a tenth of the file at most: so much is sent again after a cut. */
const PARTS = 40;

export function partSizeFor(size, most = PART) {
  const fair = Math.max(SMALL_PART, Math.ceil(size / PARTS / MIB) * MIB);
  return Math.max(Math.min(most, fair), Math.ceil(size / 9000 / MIB) * MIB);
}

/** The headers of a whole upload for what `POST uploads` takes in its body. */
function encryptionHeaders(encryption) {
  if (!encryption) return {};
  const scheme = { "SSE-S3": "AES256", "SSE-KMS": "aws:kms", "DSSE-KMS": "aws:kms:dsse" }[encryption.kind];
  return { "X-Amz-Server-Side-Encryption": scheme, ...(encryption.key ? { "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": encryption.key } : {}) };
}

/**
 * Sends `item` {file, bucket, key, type, encryption, customer (headers of a customer's key), replace}. `slots`: the connections that all transfers share.
 * `report({sent, waiting, resumed})` tells how far it is. Resolves with the server's answer.
 */
export async function transfer(item, { slots, signal, report }) {
  let least = item.least ?? PART;
  for (;;) {
    try {
      if (item.file.size < least || !has("POST uploads") || item.file.size === 0) return await whole(item, { slots, signal, report });
      return await inParts(item, least, { slots, signal, report });
    } catch (error) {
      // A proxy in front takes smaller bodies only: the file starts over in smaller parts.
      if (error.status !== 413) throw error;
      if (least > SMALL_PART && item.file.size > SMALL_PART && has("POST uploads")) {
        if (item.upload) await abandon(item);
        least = SMALL_PART;
        item.least = least;
        report({ sent: 0 });
      } else throw new ApiError(413, { ...error.body, code: error.code || "TooLarge", message: t("upload.proxyLimit") });
    }
  }
}

function whole(item, { slots, signal, report }) {
  return slots.use(signal, () => send("PUT", "upload", {
    query: { b: item.bucket, k: item.key }, body: item.file, signal, progress: (sent) => report({ sent }), waiting: (error) => report({ waiting: error }),
    headers: { "Content-Type": item.type || "application/octet-stream", ...encryptionHeaders(item.encryption), ...item.customer, ...(item.replace ? {} : { "If-None-Match": "*" }) },
  }));
}

async function inParts(item, least, { slots, signal, report }) {
  const { file, bucket, key } = item;
  const done = new Map();
  if (!item.upload && !item.customer) await takeUp(item, done, report);
  else if (item.done) for (const [n, part] of item.done) done.set(n, part);
  if (!item.upload) await begin(item, least);
  item.done = done;
  const { id, partSize } = item.upload;
  const count = Math.ceil(file.size / partSize);
  if (count > MOST_PARTS) throw new ApiError(400, { code: "EntityTooLarge", message: t("upload.tooLarge") });
  const flying = new Map();
  const length = (n) => Math.min(partSize, file.size - (n - 1) * partSize);
  const tell = (more = {}) => report({ sent: [...done.keys()].reduce((sum, n) => sum + length(n), 0) + [...flying.values()].reduce((sum, bytes) => sum + bytes, 0), ...more });
  tell();

  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const sendPart = (n) => slots.use(both, async () => {
    const start = (n - 1) * partSize;
    const answer = await send("PUT", "uploads/part", {
      query: { b: bucket, k: key, id, n }, body: file.slice(start, start + length(n)), signal: both, headers: { "Content-Type": "application/octet-stream", ...item.customer },
      progress: (sent) => { flying.set(n, sent); tell(); }, waiting: (error) => report({ waiting: error }),
    });
    flying.delete(n);
    done.set(n, { n, etag: answer.etag, checksum: answer.checksum });
    tell();
  });
  // Few waiters at a time, whatever the number of parts.
  let next = 1;
  const worker = async () => {
    for (;;) {
      while (next <= count && done.has(next)) next += 1;
      if (next > count) return;
      const n = next;
      next += 1;
      await sendPart(n);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(slots.size, count) }, worker));
  } catch (error) {
    stop.abort();
    if (error.status === 404 && error.code === "NoSuchUpload") {
      // It was ended by somebody else; the file starts over.
      await forget(id);
      item.upload = null;
      item.done = null;
      return inParts(item, least, { slots, signal, report });
    }
    throw error;
  }
  const parts = [...done.values()].sort((one, other) => one.n - other.n).map(({ n, etag, checksum }) => ({ n, etag, ...(checksum ? { checksum } : {}) }));
  const answer = await post("uploads/complete", { bucket, key, id, parts, overwrite: item.replace === true }, { signal, headers: item.customer ?? {} });
  await forget(id);
  item.upload = null;
  return answer;
}

async function begin(item, least) {
  const { file, bucket, key } = item;
  // Whether the name is taken, is decided at the end; a large file is not sent in vain where it can be known before.
  if (!item.replace && await isTaken(bucket, key)) throw new ApiError(412, { code: "PreconditionFailed", message: t("dock.itemExists") });
  const body = { bucket, key, contentType: item.type || "application/octet-stream" };
  if (item.encryption) body.encryption = item.encryption;
  const { id } = await post("uploads", body, { headers: item.customer ?? {} });
  item.upload = { id, partSize: partSizeFor(file.size, least) };
  // What needs a key that is kept nowhere cannot go on by itself.
  if (!item.customer) await remember({ id, bucket, key, size: file.size, modified: file.lastModified, print: await fingerprint(file), replace: item.replace === true, partSize: item.upload.partSize, account: session.value?.accessKey, started: Date.now() });
}

async function isTaken(bucket, key) {
  try {
    const { objects } = await get("objects", { b: bucket, prefix: key, limit: 1, flat: true });
    return objects[0]?.key === key;
  } catch {
    return false;
  }
}

/** Takes up an upload of the same file that was cut off: what the server has is not sent again. */
async function takeUp(item, done, report) {
  const { file, bucket, key } = item;
  const known = await begun({ bucket, key, file, account: session.value?.accessKey });
  if (!known) return;
  try {
    let after;
    do {
      const answer = await get("uploads", { b: bucket, k: key, id: known.id, after });
      for (const part of answer.parts) {
        if (part.size === Math.min(known.partSize, file.size - (part.n - 1) * known.partSize)) done.set(part.n, part);
      }
      after = answer.next;
    } while (after);
    item.upload = { id: known.id, partSize: known.partSize };
    report({ resumed: true });
  } catch (error) {
    if (error.status !== 404) throw error;
    done.clear();
    await forget(known.id);
  }
}

/** Ends an upload that will not go on: its parts are removed. */
export async function abandon(item) {
  if (!item.upload) return;
  const { id } = item.upload;
  item.upload = null;
  item.done = null;
  await remove("uploads", { b: item.bucket, k: item.key, id }).catch(() => null);
  await forget(id);
}

// A customer's key (SSE-C): it is in this tab's memory and in the headers of requests, nowhere else.

/** Whether keys may be entered here: over plain HTTP they would cross the network in the clear. */
export const canUseCustomerKeys = location.protocol === "https:";

/** 32 bytes from base64 or 64 hexadecimal digits, or null. */
export function keyBytes(text) {
  const plain = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(plain)) return Uint8Array.from(plain.match(/../g), (pair) => parseInt(pair, 16));
  try {
    const bytes = Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
    return bytes.length === 32 ? bytes : null;
  } catch {
    return null;
  }
}

export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

export function newKey() {
  return base64(crypto.getRandomValues(new Uint8Array(32)));
}

/** The three headers of a request that needs the key. */
export function customerHeaders(bytes) {
  const name = "X-Amz-Server-Side-Encryption-Customer-";
  return { [`${name}Algorithm`]: "AES256", [`${name}Key`]: base64(bytes), [`${name}Key-Md5`]: base64(md5(bytes)) };
}

const SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const SINES = Array.from({ length: 64 }, (_, n) => Math.floor(Math.abs(Math.sin(n + 1)) * 2 ** 32));

/** MD5 by RFC 1321: the protocol wants it beside the key; browsers have none. */
export function md5(input) {
  const length = ((input.length + 8) >> 6) + 1;
  const padded = new Uint8Array(length * 64);
  padded.set(input);
  padded[input.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, input.length * 8, true);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d] = state;
    for (let n = 0; n < 64; n += 1) {
      const round = n >> 4;
      const mixed = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round];
      const word = [n, 5 * n + 1, 3 * n + 5, 7 * n][round] % 16;
      const sum = (a + mixed + SINES[n] + view.getUint32(block + 4 * word, true)) | 0;
      const shift = SHIFTS[round][n % 4];
      [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
    }
    [a, b, c, d].forEach((value, n) => { state[n] = (state[n] + value) | 0; });
  }
  const result = new DataView(new ArrayBuffer(16));
  state.forEach((value, n) => result.setInt32(4 * n, value, true));
  return new Uint8Array(result.buffer);
}

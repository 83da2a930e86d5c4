// Hash trees of RFC 6962; inclusion proofs as in RFC 9162, 2.1.3.2. Hashes by WebCrypto.

export class Failed extends Error {}

const MOST_PROOF = 64;
const AT_ONCE = 4096;

async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

export async function digest(data) {
  return hex(await sha256(data));
}

export function leafHash(data) {
  return sha256(joined(0, data));
}

function node(left, right) {
  return sha256(joined(1, left, right));
}

function joined(first, ...parts) {
  const out = new Uint8Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  out[0] = first;
  let at = 1;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export async function rootOf(hashes) {
  let level = hashes;
  if (!level.length) return sha256(new Uint8Array());
  while (level.length > 1) {
    const above = [];
    for (let at = 0; at + 1 < level.length; at += 2 * AT_ONCE) {
      const some = [];
      for (let n = at; n + 1 < level.length && n < at + 2 * AT_ONCE; n += 2) some.push(node(level[n], level[n + 1]));
      above.push(...(await Promise.all(some)));
    }
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
  }
  return level[0];
}

export function hash(text) {
  if (typeof text !== "string" || !/^[0-9a-f]*$/.test(text)) throw new Failed("a hash is not hexadecimal");
  if (text.length !== 64) throw new Failed("a hash has a wrong length");
  return Uint8Array.from({ length: 32 }, (_, n) => parseInt(text.slice(2 * n, 2 * n + 2), 16));
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function same(one, other) {
  return one.length === other.length && one.every((byte, n) => byte === other[n]);
}

export function count(value) {
  if (typeof value !== "bigint" || value < 0n || value >= 1n << 63n) throw new Failed("a number is no count");
  return value;
}

// Does the inclusion proof lead from the leaf's bytes to the root? Throws Failed on anything that is no proof.
export async function leads(leaf, index, size, proof, root) {
  let at = count(index);
  let last = count(size) - 1n;
  if (at > last || !Array.isArray(proof) || proof.length > MOST_PROOF) throw new Failed("the inclusion proof has a wrong form");
  let current = await leafHash(leaf);
  for (const text of proof) {
    const sibling = hash(text);
    if (last === 0n) return false;
    if (at & 1n || at === last) {
      current = await node(sibling, current);
      while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    } else current = await node(current, sibling);
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n && same(current, root);
}

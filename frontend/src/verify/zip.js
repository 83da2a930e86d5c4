// Reads a zip archive of stored and deflated files, as bundles are written; anything else is refused. Throws NotABundle.

export class NotABundle extends Error {}

const MOST_BYTES = 64 * 1024 * 1024;
const MOST_FILES = 400;
const utf8 = new TextDecoder("utf-8", { fatal: true });

export async function unzip(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const start = end - size;
  const shift = start - view.getUint32(end + 16, true); // bytes before the archive
  if (start < 0 || shift < 0 || count > MOST_FILES) throw new NotABundle("the archive is damaged or too large");
  const entries = directory(data, view, start, end, count);
  if (entries.reduce((sum, entry) => sum + entry.size, 0) > MOST_BYTES) throw new NotABundle("the archive is too large");
  const files = new Map();
  for (const entry of entries) {
    if (files.has(entry.name)) throw new NotABundle("a file stands twice in the archive");
    files.set(entry.name, await content(data, view, entry, shift));
  }
  return files;
}

function endOf(view) {
  for (let at = view.byteLength - 22; at >= 0 && at >= view.byteLength - 65557; at--) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  throw new NotABundle("the file is no zip archive");
}

function directory(data, view, start, end, count) {
  const entries = [];
  let at = start;
  while (at + 46 <= end && entries.length <= count) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new NotABundle("the archive is damaged");
    const [name, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const raw = data.subarray(at + 46, at + 46 + name);
    entries.push({
      flags: view.getUint16(at + 8, true), method: view.getUint16(at + 10, true), sum: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), offset: view.getUint32(at + 42, true),
      raw, name: called(raw, view.getUint16(at + 8, true)),
    });
    at += 46 + name + extra + comment;
  }
  if (at !== end || entries.length !== count) throw new NotABundle("the archive is damaged");
  return entries;
}

function called(raw, flags) {
  let name;
  try {
    name = flags & 0x800 ? utf8.decode(raw) : String.fromCharCode(...raw);
  } catch {
    throw new NotABundle("the archive is damaged");
  }
  return name.split("\0")[0];
}

async function content(data, view, entry, shift) {
  const at = entry.offset + shift;
  if (entry.flags & 0x1 || at + 30 > data.length || view.getUint32(at, true) !== 0x04034b50) throw new NotABundle("the archive is damaged");
  const [name, extra] = [26, 28].map((place) => view.getUint16(at + place, true));
  const inner = data.subarray(at + 30, at + 30 + name);
  const from = at + 30 + name + extra;
  const packed = data.subarray(from, from + entry.packed);
  if (packed.length !== entry.packed || inner.length !== entry.raw.length || inner.some((byte, n) => byte !== entry.raw[n])) {
    throw new NotABundle("the archive is damaged");
  }
  if (entry.method !== 0 && entry.method !== 8) throw new NotABundle("a file is packed as bundles are not");
  const found = entry.method ? await inflated(packed, entry.size) : packed;
  if (found.length !== entry.size || crc(found) !== entry.sum) throw new NotABundle("a file of the archive is not what it says");
  return found;
}

async function inflated(packed, size) {
  const out = new Uint8Array(size);
  let filled = 0;
  try {
    const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (filled + value.length > size) {
        await reader.cancel();
        throw new NotABundle("a file of the archive is larger than it says");
      }
      out.set(value, filled);
      filled += value.length;
    }
  } catch (error) {
    throw error instanceof NotABundle ? error : new NotABundle("the archive is damaged");
  }
  return out.subarray(0, filled);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc(data) {
  let sum = 0xffffffff;
  for (const byte of data) sum = TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

// A person's PKCS#12 file: the private key as a key of the browser that can't be taken out again, the certificate and its chain.

import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { locale } from "../dom.js";

const OIDS = { commonName: "2.5.4.3", fullName: "2.5.4.41", unit: "2.5.4.97", organisation: "2.5.4.10" };
const CURVES = { "1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.3.132.0.35": "P-521" };
const BAGS = { key: "1.2.840.113549.1.12.10.1.1", shrouded: "1.2.840.113549.1.12.10.1.2", certificate: "1.2.840.113549.1.12.10.1.3" };

export class KeyFileError extends Error {
  constructor(code, values = {}) {
    super(code);
    Object.assign(this, { code, values });
  }
}

// Raises KeyFileError with the code of a message: notp12, password, algorithm, nokey, keytype, expired, early, unit.
export async function openKeyFile(bytes, password, now, wanted = "") {
  const pfx = read(bytes);
  const bags = await unlock(pfx, new TextEncoder().encode(password).buffer);
  const certificates = bags.filter((bag) => bag.bagId === BAGS.certificate).map((bag) => bag.bagValue.parsedValue).filter((item) => item instanceof pkijs.Certificate);
  const info = bags.map((bag) => (bag.bagId === BAGS.key ? bag.bagValue : bag.bagId === BAGS.shrouded ? bag.bagValue.parsedValue : null)).find(Boolean);
  if (!info || !certificates.length) throw new KeyFileError("nokey");
  const { key, curve } = await privateKey(info);
  const certificate = await matching(certificates, info, key, curve);
  const named = names(certificate);
  const day = (date) => new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(date);
  const [from, until] = [certificate.notBefore.value, certificate.notAfter.value];
  if (until < now) throw new KeyFileError("expired", { day: day(until) });
  if (from > now) throw new KeyFileError("early", { day: day(from) });
  if (wanted && named.unit !== wanted) throw new KeyFileError("unit", { unit: named.unit || "?", wanted });
  const selfMade = (item) => same(item.subject, item.issuer);
  return { key, curve, certificate, chain: certificates.filter((item) => item !== certificate && !selfMade(item)), until, ...named };
}

function read(bytes) {
  try {
    const parsed = asn1js.fromBER(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    if (parsed.offset === -1) throw new Error(parsed.result.error);
    const pfx = new pkijs.PFX({ schema: parsed.result });
    if (pfx.version !== 3 || !pfx.authSafe) throw new Error("version");
    return pfx;
  } catch {
    throw new KeyFileError("notp12");
  }
}

// The seal over the whole file tells a wrong password from a file that the browser can't decrypt.
async function unlock(pfx, password) {
  try {
    await pfx.parseInternalValues({ password, checkIntegrity: Boolean(pfx.macData) });
  } catch (error) {
    throw new KeyFileError(/integrity|mac/i.test(error.message) ? "password" : "algorithm"); // allow-host: codes of messages
  }
  const safe = pfx.parsedValue.authenticatedSafe;
  const guard = (error) => {
    throw new KeyFileError(pfx.macData ? "algorithm" : "password", { why: error.message });
  };
  await safe.parseInternalValues({ safeContents: safe.safeContents.map((content) => (content.contentType === "1.2.840.113549.1.7.6" ? { password } : {})) }).catch(guard);
  const bags = safe.parsedValue.safeContents.flatMap((content) => content.value.safeBags);
  for (const bag of bags) if (bag.bagId === BAGS.shrouded) await bag.bagValue.parseInternalValues({ password }).catch(guard);
  return bags;
}

async function privateKey(info) {
  const oid = info.privateKeyAlgorithm.algorithmId;
  const bytes = info.toSchema().toBER(false);
  if (oid === "1.2.840.113549.1.1.1") {
    return { curve: null, key: await crypto.subtle.importKey("pkcs8", bytes, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["sign"]) };
  }
  const curve = CURVES[info.privateKeyAlgorithm.algorithmParams?.valueBlock?.toString()];
  if (oid !== "1.2.840.10045.2.1" || !curve) throw new KeyFileError("keytype");
  return { curve, key: await crypto.subtle.importKey("pkcs8", bytes, { name: "ECDSA", namedCurve: curve }, false, ["sign"]) };
}

// The certificate whose public key checks what the private key signs: the order of the bags says nothing.
async function matching(certificates, info, key, curve) {
  const probe = new Uint8Array([83, 97, 112, 97]);
  const way = curve ? { name: "ECDSA", hash: "SHA-256" } : { name: "RSASSA-PKCS1-v1_5" };
  const made = await crypto.subtle.sign(way, key, probe);
  for (const certificate of certificates) {
    try {
      const form = curve ? { name: "ECDSA", namedCurve: curve } : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
      const open = await crypto.subtle.importKey("spki", certificate.subjectPublicKeyInfo.toSchema().toBER(false), form, false, ["verify"]);
      if (await crypto.subtle.verify(way, open, made, probe)) return certificate;
    } catch {
      // another kind of key: not this certificate
    }
  }
  throw new KeyFileError("nokey");
}

function names(certificate) {
  const of = (name, oid) => name.typesAndValues.find((item) => item.type === oid)?.value.valueBlock.value || "";
  const { subject, issuer } = certificate;
  return {
    name: of(subject, OIDS.fullName) || of(subject, OIDS.commonName),
    unit: of(subject, OIDS.unit),
    issuer: of(issuer, OIDS.commonName) || of(issuer, OIDS.organisation),
  };
}

function same(a, b) {
  const [x, y] = [a, b].map((name) => new Uint8Array(name.toSchema().toBER(false)));
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

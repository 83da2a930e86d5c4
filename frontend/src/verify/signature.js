// The archive keeper's signature over a frozen state: detached CMS (RFC 5652) with signed attributes, checked with WebCrypto.
// Whether its authority is to be trusted the reader says, by giving the authority's certificate; revocation is not asked for here.

import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { same } from "./tree.js";

const DIGESTS = { "2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512" };
const OID = { certificate: "1.2.840.113549.1.9.16.2.47", time: "1.2.840.113549.1.9.5", name: "2.5.4.3", unit: "2.5.4.97" };
const KEEPER = "archive";

// Steps for every frozen state of an opened bundle: {code: "signature", state, words}.
export async function signatures({ document, files }, roots) {
  const out = [];
  const snapshots = document.get("snapshots");
  for (const item of Array.isArray(snapshots) ? snapshots : []) {
    const period = item instanceof Map ? item.get("period") : "";
    const [statement, signature] = [files.get(`snapshots/${period}/root.json`), files.get(`snapshots/${period}/root.p7s`)];
    const step = (state, words) => out.push({ code: "signature", state, words: `${period}: ${words}` });
    if (!statement) step("note", "the signed statement is not in the bundle");
    else {
      try {
        step(...(await judged(statement, signature, roots)));
      } catch {
        step("failed", "the signature cannot be read");
      }
    }
  }
  return out;
}

// Certificates of a PEM or DER file.
export function certificates(bytes) {
  const text = new TextDecoder("latin1").decode(bytes);
  const parts = [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g)];
  const ders = parts.length ? parts.map(([, body]) => Uint8Array.from(atob(body.replace(/\s/g, "")), (letter) => letter.charCodeAt(0))) : [bytes];
  return ders.map((der) => pkijs.Certificate.fromBER(der));
}

async function judged(statement, signature, roots) {
  const content = new pkijs.ContentInfo({ schema: asn1js.fromBER(signature).result });
  const signed = new pkijs.SignedData({ schema: content.content });
  const [info] = signed.signerInfos;
  if (signed.signerInfos.length !== 1 || signed.encapContentInfo.eContent || !info.signedAttrs) return ["failed", "it is no detached signature by one signer"];
  if (!DIGESTS[info.digestAlgorithm.algorithmId]) return ["failed", "its algorithm is too weak or unknown"];
  const found = await signed.verify({ signer: 0, data: exact(statement), extendedMode: true }).catch((error) => error);
  const certificate = found.signerCertificate;
  if (!found.signatureVerified || !certificate) return ["failed", "the statement is not what was signed"];
  if (!(await bound(info, certificate))) return ["failed", "the signature names another certificate"];
  const unit = subject(certificate, OID.unit);
  if (unit !== KEEPER) return ["failed", "the certificate is not that of an archive's keeper"];
  const at = attribute(info, OID.time).toDate();
  const by = `signed by ${subject(certificate, OID.name)} at ${at.toISOString().slice(0, 19)}Z`;
  if (!roots.length) return ["note", `${by}; give the certificate of the authority you trust to see whether it leads there`];
  const chain = new pkijs.CertificateChainValidationEngine({ certs: [...signed.certificates.filter((item) => item instanceof pkijs.Certificate)], trustedCerts: roots, checkDate: at });
  // The path must end at the signer: that engine takes the last certificate of the list as the one in question.
  chain.certs = [...chain.certs.filter((item) => item !== certificate), certificate];
  const path = await chain.verify();
  return path.result ? ["ok", `${by}, by an authority you trust`] : ["failed", `${by}; the certificate does not lead to an authority you trust`];
}

// SigningCertificateV2 (RFC 5035): the signature itself says which certificate it is of.
async function bound(info, certificate) {
  const list = attribute(info, OID.certificate).valueBlock.value[0].valueBlock.value[0].valueBlock.value;
  const [algorithm, print] = list[0] instanceof asn1js.OctetString ? ["SHA-256", list[0]] : [DIGESTS[list[0].valueBlock.value[0].valueBlock.toString()], list[1]];
  const whole = await crypto.subtle.digest(algorithm, certificate.toSchema(true).toBER(false));
  return same(new Uint8Array(whole), new Uint8Array(print.valueBlock.valueHexView));
}

function attribute(info, type) {
  return info.signedAttrs.attributes.find((item) => item.type === type).values[0];
}

function subject(certificate, type) {
  return certificate.subject.typesAndValues.find((item) => item.type === type)?.value.valueBlock.value ?? "";
}

function exact(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}


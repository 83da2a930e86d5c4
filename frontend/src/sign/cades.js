// Detached CAdES-B-B: a CMS SignedData without content whose signed attributes are content-type, message-digest, signing-time
// and signing-certificate-v2 (RFC 5652, RFC 5035).

import * as asn1js from "asn1js";
import * as pkijs from "pkijs";

const OID = { data: "1.2.840.113549.1.7.1", signedData: "1.2.840.113549.1.7.2", contentType: "1.2.840.113549.1.9.3", digest: "1.2.840.113549.1.9.4", time: "1.2.840.113549.1.9.5", certificate: "1.2.840.113549.1.9.16.2.47" };

// Base64 of the DER. `key` is what openKeyFile gives; `now` becomes the signing time, in whole seconds.
export async function signDetached(payload, { key, certificate, chain }, now) {
  const signed = new pkijs.SignedData({
    version: 1,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: OID.data }),
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
        signedAttrs: new pkijs.SignedAndUnsignedAttributes({ type: 0, attributes: await attributes(payload, certificate, now) }),
      }),
    ],
    certificates: [certificate, ...chain],
  });
  await signed.sign(key, 0, "SHA-256", payload.buffer);
  const content = new pkijs.ContentInfo({ contentType: OID.signedData, content: signed.toSchema(true) });
  return base64(content.toSchema().toBER(false));
}

async function attributes(payload, certificate, now) {
  const digest = await crypto.subtle.digest("SHA-256", payload);
  const print = await crypto.subtle.digest("SHA-256", certificate.toSchema(true).toBER(false));
  const moment = new Date(Math.floor(now / 1000) * 1000);
  const one = (type, value) => new pkijs.Attribute({ type, values: [value] });
  // SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2 }; SHA-256 is the default and left out
  const id = new asn1js.Sequence({ value: [new asn1js.OctetString({ valueHex: print })] });
  const list = new asn1js.Sequence({ value: [new asn1js.Sequence({ value: [id] })] });
  return [
    one(OID.contentType, new asn1js.ObjectIdentifier({ value: OID.data })),
    one(OID.time, new asn1js.UTCTime({ valueDate: moment })),
    one(OID.digest, new asn1js.OctetString({ valueHex: digest })),
    one(OID.certificate, list),
  ];
}

function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

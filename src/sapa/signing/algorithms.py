"""Which algorithms a signature may use: SHA-2, elliptic curves of 256 bits and more, RSA of 2048 bits and more."""

from __future__ import annotations

from asn1crypto import algos, cms, x509
from cryptography.hazmat.primitives import hashes
from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy

DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
"""Digest algorithms that are accepted, by the name CMS gives them."""

CERTIFICATE_POLICY = DisallowWeakAlgorithmsPolicy(  # type: ignore[no-untyped-call]
    weak_hash_algos=frozenset({"md2", "md5", "sha1", "sha224"})
)
"""Policy for certificates and revocation lists."""

_CMS_POLICY = CMSAlgorithmUsagePolicy.lift_policy(CERTIFICATE_POLICY)
_FAMILIES = {"ecdsa", "rsassa_pkcs1v15", "rsassa_pss"}
_MIN_CURVE = 256


def weakness(info: cms.SignerInfo, certificate: x509.Certificate) -> str:
    """What is too weak (or unknown) in one signer's algorithms, as a sentence; empty when nothing is."""
    digest = info["digest_algorithm"]["algorithm"].native
    if digest not in DIGESTS:
        return f"The digest algorithm {digest} is not accepted."
    algorithm = info["signature_algorithm"]
    if algorithm.signature_algo not in _FAMILIES:
        return f"The signature algorithm {algorithm.signature_algo} is not accepted."
    key = certificate.public_key
    if key.algorithm == "ec" and key.bit_size < _MIN_CURVE:
        return f"An elliptic curve of {key.bit_size} bits is too small."
    allowed = _CMS_POLICY.signature_algorithm_allowed(algorithm, moment=None, public_key=key)
    if not allowed:
        return allowed.failure_reason or f"The signature algorithm {algorithm['algorithm'].native} is not accepted."
    plain = algos.DigestAlgorithm({"algorithm": digest})  # absent and NULL parameters are the same (RFC 5754, 2)
    fits = _CMS_POLICY.digest_combination_allowed(algorithm, plain, moment=None)
    return "" if fits else (fits.failure_reason or "Digest and signature algorithm do not fit together.")

"""Reading the one form of signature that :mod:`sapa.signing.der` writes, without a tree of objects.

Three things are cut out: certificates, signing time, signature value. Whether the rest is what it should be is not
asked field by field: the caller writes the signature again from these three and compares the bytes.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sapa.signing import slices
from sapa.signing.slices import CONTEXT_0, INTEGER, OCTETS, OID, SEQUENCE, SET

_SIGNING_TIME = bytes.fromhex("06092a864886f70d010905")


class PlainSignature(NamedTuple):
    """``certificates`` (DER) in the order of the signature, ``claimed`` signing time (UTC), ``value`` of the signature."""

    certificates: tuple[bytes, ...]
    claimed: datetime
    value: bytes


def read(signature: bytes) -> PlainSignature | None:
    """Cut a signature; None when it is not of the plain form. What is returned is not checked yet: see the module."""
    try:
        _, content = slices.fields(slices.single(signature, SEQUENCE).contents, OID, CONTEXT_0)
        tags = (INTEGER, SET, SEQUENCE, CONTEXT_0, SET)
        *_, embedded, signers = slices.fields(slices.single(content.contents, SEQUENCE).contents, *tags)
        signer = slices.single(signers.contents, SEQUENCE)
        parts = slices.fields(signer.contents, INTEGER, SEQUENCE, SEQUENCE, CONTEXT_0, SEQUENCE, OCTETS)
        certificates = tuple(item.whole for item in slices.children(embedded.contents))
        return PlainSignature(certificates, _claimed(parts[3].contents), parts[5].contents)
    except ValueError:
        return None


def _claimed(attributes: bytes) -> datetime:
    for attribute in slices.children(attributes):
        if attribute.contents.startswith(_SIGNING_TIME):
            (time,) = slices.children(slices.fields(attribute.contents, OID, SET)[1].contents)
            return slices.moment(time)
    raise ValueError("no signing time")

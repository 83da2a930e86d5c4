"""Pseudonyms of persons: HMAC-SHA256 under the country's key, first 32 hexadecimal digits. Same person, same pseudonym."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.errors import UserError

LENGTH = 32
"""Hexadecimal digits kept: 128 bits, so that even a hundred million persons do not collide."""


def pseudonyms(values: pa.Array, key: bytes) -> pa.Array:
    """A pseudonym for each text (null stays null). ``key``: at least 16 bytes; each different value is hashed once."""
    if len(key) < 16:
        raise UserError("the key of the pseudonyms is shorter than 16 bytes", todo="make one of 32 random bytes")
    coded = values.dictionary_encode()
    hashed = [hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:LENGTH] for text in coded.dictionary.to_pylist()]
    return pa.array(hashed, pa.string()).take(coded.indices) if hashed else pa.nulls(len(values), pa.string())


def are_pseudonyms(values: pa.Array) -> bool:
    """Whether every value already is one: 32 lower-case hexadecimal digits."""
    return bool(np.all(pc.fill_null(pc.match_substring_regex(values, "^[0-9a-f]{32}$"), True).to_numpy(zero_copy_only=False)))

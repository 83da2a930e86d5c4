"""Cutting strict DER into slices, for the two plain forms that are read without building a tree of objects.

Anything that is not exactly DER raises ValueError, upon which the caller leaves the matter to the libraries.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

SEQUENCE, SET, INTEGER, BITS, OCTETS, OID = 0x30, 0x31, 0x02, 0x03, 0x04, 0x06
UTF8, PRINTABLE, UTC_TIME, GENERALIZED_TIME = 0x0C, 0x13, 0x17, 0x18
CONTEXT_0, CONTEXT_3 = 0xA0, 0xA3


class Slice(NamedTuple):
    """One value: its tag, its contents and the whole with tag and length."""

    tag: int
    contents: bytes
    whole: bytes


def children(data: bytes) -> list[Slice]:
    """The values that stand one after the other in ``data`` (the contents of a sequence or set), without a remainder."""
    found, start = [], 0
    while start < len(data):
        begin, end = _extent(data, start)
        found.append(Slice(data[start], data[begin:end], data[start:end]))
        start = end
    return found


def fields(data: bytes, *tags: int) -> list[Slice]:
    """The values in ``data``, which must have exactly these tags."""
    found = children(data)
    if tuple(item.tag for item in found) != tags:
        raise ValueError("other fields than expected")
    return found


def single(data: bytes, tag: int) -> Slice:
    """The only value in ``data``."""
    return fields(data, tag)[0]


def bits(item: Slice) -> bytes:
    """The octets of a bit string without unused bits."""
    if item.tag != BITS or item.contents[:1] != b"\0":
        raise ValueError("not a string of whole octets")
    return item.contents[1:]


def positive(item: Slice) -> int:
    """A positive integer in its shortest form."""
    value = int.from_bytes(item.contents, "big", signed=True)
    if item.tag != INTEGER or value <= 0 or len(item.contents) != value.bit_length() // 8 + 1:
        raise ValueError("not a positive integer")
    return value


def moment(item: Slice) -> datetime:
    """A time as RFC 5280 and RFC 5652 demand it: whole seconds, ``Z``, no fraction."""
    digits = item.contents[:-1]
    if item.contents[-1:] != b"Z" or not digits.isdigit() or len(digits) != {UTC_TIME: 12, GENERALIZED_TIME: 14}.get(item.tag):
        raise ValueError("not a time of this form")
    text = digits.decode()
    if item.tag == UTC_TIME:
        text = ("20" if text < "5" else "19") + text
    parts = (int(text[index : index + 2]) for index in range(4, 14, 2))
    month, day, hour, minute, second = parts
    return datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)


def _extent(data: bytes, start: int) -> tuple[int, int]:
    """Where the contents of the value at ``start`` begin and end."""
    if start + 2 > len(data) or data[start] & 0x1F == 0x1F:
        raise ValueError("no value with a short tag")
    begin, size = start + 2, data[start + 1]
    if size >= 0x80:
        count = size & 0x7F
        size = int.from_bytes(data[begin : begin + count], "big")
        if not 1 <= count <= 4 or size < 0x80 or size.bit_length() <= 8 * (count - 1):
            raise ValueError("not the shortest length")
        begin += count
    if begin + size > len(data):
        raise ValueError("truncated")
    return begin, begin + size

"""Pictures of pages, made small: few colours are told apart on them, and a palette takes a third of the room."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

MAGIC = b"\x89PNG\r\n\x1a\n"
COLOURS = 256


def smaller(png: bytes) -> bytes:
    """An 8-bit RGB picture (as browsers write it) with at most 256 colours; any other picture comes back as it is."""
    parts = dict[bytes, bytes]()
    for kind, data in _chunks(png):
        parts[kind] = parts.get(kind, b"") + data
    width, height, depth, colour, *_rest, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    if (depth, colour, interlaced) != (8, 2, 0):
        return png
    pixels = _unfiltered(zlib.decompress(parts[b"IDAT"]), width, height)
    palette, places = _palette(pixels)
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with the number of its filter: none
    rows[:, 1:] = places.reshape(height, width)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    made = [(b"IHDR", header), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")]
    return MAGIC + b"".join(_chunk(kind, data) for kind, data in made)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(MAGIC)
    while at < len(png):
        size = struct.unpack(">I", png[at : at + 4])[0]
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += size + 12


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _unfiltered(data: bytes, width: int, height: int) -> np.ndarray:
    """Pixels as height × width × 3 bytes; the filters of rows as PNG (ISO/IEC 15948, chapter 9) describes them."""
    lines = np.frombuffer(data, np.uint8).reshape(height, width * 3 + 1)
    out = np.zeros((height, width, 3), np.uint8)
    above = np.zeros((width, 3), np.uint8)
    for number, line in enumerate(lines):
        row = line[1:].reshape(width, 3)
        if line[0] == 0:
            above = row
        elif line[0] == 1:
            above = np.cumsum(row, axis=0, dtype=np.uint8)
        elif line[0] == 2:
            above = row + above
        else:
            above = _guessed(row.tolist(), above.tolist(), mean=line[0] == 3)
        out[number] = above
    return out


def _guessed(row: list[list[int]], above: list[list[int]], *, mean: bool) -> np.ndarray:
    """The filters Average and Paeth, whose guess needs the pixel just found."""
    left, corner = [0, 0, 0], [0, 0, 0]
    for pixel, over in zip(row, above, strict=True):
        for k in range(3):
            a, b, c = left[k], over[k], corner[k]
            if mean:
                guess = (a + b) // 2
            else:
                pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
                guess = a if pa <= pb and pa <= pc else b if pb <= pc else c
            pixel[k] = (pixel[k] + guess) & 255
        left, corner = pixel, over
    return np.array(row, np.uint8)


def _palette(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most frequent colours, and for each pixel the place of the nearest of them."""
    flat = pixels.reshape(-1, 3).astype(np.int32)
    packed = (flat[:, 0] << 16) | (flat[:, 1] << 8) | flat[:, 2]
    found, back, counts = np.unique(packed, return_inverse=True, return_counts=True)
    kept = found[np.argsort(-counts, kind="stable")[:COLOURS]]
    every, few = (np.stack([item >> 16, (item >> 8) & 255, item & 255], axis=1) for item in (found, kept))
    nearest = np.concatenate(
        [
            ((part[:, None, :] - few[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
            for part in np.array_split(every, len(every) // 512 + 1)
        ]
    )
    return few.astype(np.uint8), nearest.astype(np.uint8)[back.reshape(-1)]

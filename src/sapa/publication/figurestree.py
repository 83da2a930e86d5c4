"""The hash tree over the figures of a version: each published cell can be proved to be what was published, and nothing else.

Leaf 0 is the version's statement, leaf ``i + 1`` the ``i``-th row of its table of facts, both as canonical JSON of RFC 8785; the
tree is that of RFC 6962. The statement holds a salt, so that a root that is logged before the release tells nothing to somebody
who tries guessed figures against it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pyarrow as pa

from sapa.archive.merkle import HASH_SIZE, Tree, leaf_hash
from sapa.errors import EngineError
from sapa.indicators.facts import dimensions_of

FORMAT = "sapa-figures/1"
FIGURES = ("count", "denominator", "flag", "indicator", "numerator", "period", "snapshot", "value")
_BATCH = 20_000


@dataclass(frozen=True)
class Statement:
    """What a version is: pack and number, the digest of its table (``facts.parquet``), the roots its periods rest on, a salt."""

    pack: str
    pack_version: str
    pack_digest: str
    version: str
    facts: int
    digest: str
    roots: Mapping[str, str]
    salt: str

    def to_bytes(self) -> bytes:
        """Leaf 0."""
        if len(bytes.fromhex(self.salt)) != HASH_SIZE:
            raise ValueError(f"a salt has {HASH_SIZE} random bytes")
        about = {**vars(self), "roots": dict(self.roots), "format": FORMAT}
        return json.dumps(about, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def fact_leaves(facts: pa.Table) -> Iterator[bytes]:
    """The bytes of each fact's leaf, in the order of the table. ``cut`` holds the codes; a dimension without one is left out.

    Raises ``EngineError`` where a figure is no finite number.
    """
    dimensions = sorted(dimensions_of(facts))
    heads = [f"{_text(name)}:" for name in dimensions]
    chosen = facts.select([*FIGURES, *dimensions])
    for batch in chosen.to_batches(max_chunksize=_BATCH):
        columns = [column.to_pylist() for column in batch.columns]
        for count, bottom, flag, indicator, top, period, snapshot, value, *codes in zip(*columns, strict=True):
            cut = ",".join(head + _text(code) for head, code in zip(heads, codes, strict=True) if code is not None)
            yield (
                f'{{"count":{number(count)},"cut":{{{cut}}},"denominator":{number(bottom)},"flag":{_text(flag or "")},'
                f'"indicator":{_text(indicator)},"numerator":{number(top)},"period":{_text(period)},'
                f'"snapshot":{_text(snapshot)},"value":{number(value)}}}'
            ).encode()


def figures_tree(statement: Statement, facts: pa.Table) -> Tree:
    """The tree of a version. Takes about 20 µs and 64 bytes a fact."""
    if statement.facts != facts.num_rows:
        raise EngineError("the statement of a version counts other facts than its table has", todo="state the table's own number")
    return Tree([leaf_hash(statement.to_bytes()), *map(leaf_hash, fact_leaves(facts))])


def fact_leaf(row: Mapping[str, Any]) -> bytes:
    """The leaf of one row of a table of facts."""
    return next(fact_leaves(pa.Table.from_pylist([dict(row)])))


@lru_cache(maxsize=100_000)
def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def number(value: float | int | None) -> str:
    """A number as RFC 8785 (section 3.2.2.3) writes it, which is what ECMAScript prints; ``null`` for none."""
    if value is None:
        return "null"
    if value == 0:
        return "0"
    if isinstance(value, int) or (value == int(value) if math.isfinite(value) and abs(value) < 2**53 else False):
        return str(int(value))
    if not math.isfinite(value):
        raise EngineError("a figure is no finite number", todo="report it with the indicator's name")
    text = repr(value)
    if "e" not in text:
        return text.removesuffix(".0")
    exact = Decimal(text)
    sign, digits, exponent = exact.as_tuple()
    power = len(digits) + int(exponent) - 1  # of ten, of the first digit
    if -7 < power < 21:
        return f"{exact:f}"
    rest = "".join(map(str, digits[1:]))
    return f"{'-' if sign else ''}{digits[0]}{'.' if rest else ''}{rest}e{power:+d}"

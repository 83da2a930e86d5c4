"""The log of roots: every line and every pair of sizes proves; whatever is changed, dropped or moved does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest

from sapa.archive.rootlog import FiguresLine, Head, Line, Log, extends, includes, line_of
from sapa.errors import UserError

AT = datetime(2024, 1, 31, 12, tzinfo=UTC)


def line(number: int) -> Line:
    root = sha256(str(number).encode()).hexdigest()
    return Line("demo", str(2000 + number), root, number + 1, date(2001 + number, 1, 1), AT)


def log(size: int) -> Log:
    return Log([line(number).to_bytes() for number in range(size)])


def test_every_line_and_every_two_sizes_are_proved() -> None:
    whole = log(11)
    for index, leaf in enumerate(whole.leaves):
        assert includes(whole.head(), leaf, index, whole.inclusion(index))
    for second in range(1, 12):
        assert whole.head(second) == log(second).head()
        for first in range(1, second + 1):
            assert extends(whole.head(first), whole.head(second), whole.consistency(first, second))


def test_what_is_changed_is_not_proved() -> None:
    whole = log(7)
    head, proof, leaf = whole.head(), whole.inclusion(3), whole.leaves[3]
    other = replace(line(3), size=99).to_bytes()
    long = [*proof, "00" * 32]
    for bad in (
        includes(head, other, 3, proof), includes(head, leaf, 4, proof), includes(head, leaf, 7, proof),
        includes(head, leaf, -1, proof), includes(head, leaf, 3, proof[:-1]), includes(head, leaf, 3, long),
        includes(head, leaf, 3, proof[::-1]), includes(replace(head, size=8), leaf, 3, []), includes(head, leaf, 3, ["zz" * 32]),
        includes(replace(head, root="ab"), leaf, 3, proof), includes(head, leaf, 3, "no list"),  # type: ignore[arg-type]
    ):  # fmt: skip
        assert bad is False


def test_a_log_that_was_written_anew_is_found_by_a_witness() -> None:
    kept = log(4).head()
    grown = log(6)
    assert grown.faults(kept) == []
    rewritten = Log([grown.leaves[1], grown.leaves[0], *grown.leaves[2:]])
    assert rewritten.faults(kept) == ["the first 4 lines are not those the witness saw"]
    assert not extends(kept, rewritten.head(), rewritten.consistency(4))
    assert log(3).faults(kept) == ["the witness saw 4 lines, there are 3"]
    assert not extends(Head(0, log(0).head().root), grown.head(), [])


def test_lines_that_are_none_and_roots_logged_twice_are_faults() -> None:
    good = line(0).to_bytes()
    found = Log([good, b"{}", good + b" ", good]).faults()
    assert [item.split(" ")[1] for item in found] == ["1", "2", "3"]
    assert found[-1] == "line 3 names a root that is logged already"


@pytest.mark.parametrize("size", [-1, 8])
def test_a_size_the_log_never_had_is_refused(size: int) -> None:
    with pytest.raises(IndexError):
        log(7).head(size)
    with pytest.raises(IndexError):
        log(7).consistency(size)
    with pytest.raises(IndexError):
        log(7).consistency(0)


def test_lines_and_heads_read_back_exactly() -> None:
    assert Line.from_bytes(line(5).to_bytes()) == line(5)
    head = log(5).head()
    assert Head.from_bytes(head.to_bytes(AT)) == head
    for wrong in (
        b"",
        b"[]",
        b'{"log":"sapa-rootlog/1","root":"00","size":1}',
        b'{"log":"x","root":"%s","size":1}' % (b"0" * 64),
    ):
        with pytest.raises(UserError):
            Head.from_bytes(wrong)
        with pytest.raises(UserError):
            Line.from_bytes(wrong)


def test_a_line_of_figures_names_neither_pack_nor_period_and_is_read_strictly() -> None:
    line = FiguresLine("ab" * 32, datetime(2023, 11, 1, 12, tzinfo=UTC))
    data = line.to_bytes()
    assert data == b'{"at":"2023-11-01T12:00:00Z","figures":"' + b"ab" * 32 + b'"}'
    assert line_of(data) == line
    for wrong in (data.replace(b"ab", b"zz"), data + b" ", data.replace(b"figures", b"figure"), b'{"at":1,"figures":2}'):
        with pytest.raises(UserError):
            line_of(wrong)
    assert Log([data]).faults() == []
    assert Log([data, data]).faults() == ["line 1 names a root that is logged already"]

"""No sum or difference of what is shown rests on fewer persons than the threshold: by hand, and against a search of them all."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapa.measurement.hiding import Atoms, Group, shown_groups, smallest_inference


def atoms(cells: dict[tuple[int, ...], int]) -> Atoms:
    return Atoms(np.array(list(cells), dtype=np.int32), np.array(list(cells.values())))


def test_one_small_group_takes_the_smallest_other_with_it() -> None:
    assert shown_groups(atoms({(0,): 20, (1,): 8, (2,): 3}), 5) == {(0, 0)}


def test_a_class_is_not_told_by_its_grade() -> None:
    """Grade 5 has the classes A, B, C with 12, 11 and 3 pupils: grade less A less B would tell C, whatever hides in grade 6."""
    cells = {(5, 0): 12, (5, 1): 11, (5, 2): 3, (6, 3): 14, (6, 4): 4}
    shown = shown_groups(atoms(cells), 5)
    assert (1, 2) not in shown
    assert not {(0, 5), (1, 0), (1, 1)} <= shown


def test_two_divisions_that_differ_by_one_person() -> None:
    """Teachers by subject and by union: the same ten persons but one."""
    cells = {(0, 0): 10, (0, 1): 1, (1, 1): 12}
    shown = shown_groups(atoms(cells), 5)
    assert smallest_inference(atoms(cells), shown, 5) is None
    assert not ({(0, 0), (1, 0)} <= shown)


def rank(rows: list[list[int]]) -> int:
    matrix, found = [[Fraction(value) for value in row] for row in rows], 0
    for column in range(len(matrix[0]) if matrix else 0):
        pivot = next((place for place in range(found, len(matrix)) if matrix[place][column]), None)
        if pivot is None:
            continue
        matrix[found], matrix[pivot] = matrix[pivot], matrix[found]
        for place in range(found + 1, len(matrix)):
            factor = matrix[place][column] / matrix[found][column]
            matrix[place] = [a - factor * b for a, b in zip(matrix[place], matrix[found], strict=True)]
        found += 1
    return found


def told(cells: Atoms, shown: frozenset[Group], threshold: int) -> bool:
    """Exact and by brute force: whether some combination of what is shown is zero outside few persons and not inside.

    For every set of atoms with fewer persons than the threshold: the rows without these columns lose rank.
    """
    present = [place for place, size in enumerate(cells.sizes) if size]
    rows = [[1] * len(present)] + [[int(cells.of(group)[place]) for place in present] for group in shown]
    whole = rank(rows)
    small = [column for column, place in enumerate(present) if cells.sizes[place] < threshold]
    for size in range(1, len(small) + 1):
        for few in itertools.combinations(small, size):
            if sum(int(cells.sizes[present[column]]) for column in few) < threshold:
                rest = [[value for column, value in enumerate(row) if column not in few] for row in rows]
                if rank(rest) < whole:
                    return True
    return False


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(-1, 2), st.integers(0, 1)), st.integers(1, 9), min_size=1, max_size=9
    ),
    st.integers(2, 6),
)
def test_nothing_is_told_of_few_whatever_is_combined(cells: dict[tuple[int, ...], int], threshold: int) -> None:
    of = atoms(cells)
    if sum(cells.values()) < threshold:
        assert not shown_groups(of, threshold)  # and the whole is not shown either: results() says nothing at all
        return
    assert not told(of, shown_groups(of, threshold), threshold)


@pytest.mark.parametrize("sizes", [(7, 8, 9), (5, 5), (12,)])
def test_nothing_is_hidden_where_all_groups_are_large(sizes: tuple[int, ...]) -> None:
    cells = atoms({(place,): size for place, size in enumerate(sizes)})
    assert shown_groups(cells, 5) == {(0, place) for place in range(len(sizes))}


def test_two_independent_divisions_of_many_are_both_shown_in_full() -> None:
    cells = atoms({(a, b): 6 for a in range(4) for b in range(3)})
    assert len(shown_groups(cells, 5)) == 7

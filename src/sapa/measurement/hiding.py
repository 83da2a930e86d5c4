"""Which groups of respondents may be shown, so that nothing can be told about fewer than the threshold, by subtraction neither.

A reader sees the results of everybody and of each group that is shown, by several divisions (by role, by class …), and may add
and subtract them as they like. Persons who belong to the same groups form an *atom*; what a reader can work out are the sums over
atoms that are linear combinations of what is shown. No such combination may rest on fewer persons than the threshold. Groups that
are too small are hidden first; as long as some combination still rests on too few, the smallest group in it is hidden as well.

This is the question ``sapa.disclosure`` answers for facts, in a simpler case: there cells of tables are hidden, whose relations
follow from a pack's formulas, and figures are protected within intervals; here whole distributions are hidden or shown and the
relations are only those of sets, so that linear algebra decides exactly and no pack is needed. The smallest combination is found
by the same solver where algebra leaves more than one direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from sapa.disclosure.programme import silent

Group = tuple[int, int]
"""Number of the division, number of the group in it."""
_ZERO = 1e-9


@dataclass(frozen=True)
class Atoms:
    """Persons by the groups they belong to: a row an atom, a column a division, in it the number of the group (-1: none)."""

    groups: NDArray[np.int32]
    sizes: NDArray[np.int64]

    def of(self, group: Group) -> NDArray[np.bool_]:
        """The atoms a group consists of."""
        return np.asarray(self.groups[:, group[0]] == group[1])


def atoms_of(divisions: Sequence[NDArray[np.int32]], n: int) -> tuple[Atoms, NDArray[np.int64]]:
    """The atoms of persons under several divisions, and the atom of each person."""
    if not divisions:
        return Atoms(np.zeros((1, 0), dtype=np.int32), np.array([n])), np.zeros(n, dtype=np.int64)
    stacked = np.stack(divisions, axis=1)
    groups, where, sizes = np.unique(stacked, axis=0, return_inverse=True, return_counts=True)
    return Atoms(groups, sizes), np.asarray(where).reshape(-1)


def shown_groups(atoms: Atoms, threshold: int) -> frozenset[Group]:
    """The groups that may be shown beside the whole. Empty where the whole is itself under the threshold."""
    if int(atoms.sizes.sum()) < threshold:
        return frozenset()
    sizes = _sizes(atoms)
    shown = {group for group, size in sizes.items() if size >= threshold}
    while (leak := smallest_inference(atoms, shown, threshold)) is not None:
        shown.remove(min(leak, key=lambda group: (sizes[group], group)))
    return frozenset(shown)


def smallest_inference(atoms: Atoms, shown: set[Group] | frozenset[Group], threshold: int) -> list[Group] | None:
    """The shown groups whose sums and differences tell of fewer persons than the threshold; ``None`` where none do.

    Such a combination is zero on every atom of at least ``threshold`` persons. So only combinations that vanish there are looked
    at (a null space), and among those the one that rests on the fewest persons.
    """
    order = sorted(shown)
    members = [np.ones(len(atoms.sizes), dtype=bool), *(atoms.of(group) for group in order)]
    rows = np.array(members, dtype=float)
    present = atoms.sizes > 0
    large = atoms.sizes >= threshold
    small = present & ~large
    if not small.any():
        return None
    free = _null_space(rows[:, large].T)
    leaks = free @ rows[:, small]
    if free.shape[0] == 0 or np.abs(leaks).max(initial=0.0) < 1e-7:
        return None
    weights = _lightest(free, leaks, atoms.sizes[small], threshold)
    if weights is None:
        return None
    used = [group for group, weight in zip(order, weights[1:], strict=True) if abs(weight) > 1e-7]
    return used or None


def _sizes(atoms: Atoms) -> dict[Group, int]:
    out: dict[Group, int] = {}
    for division in range(atoms.groups.shape[1]):
        for row, size in zip(atoms.groups[:, division], atoms.sizes, strict=True):
            out[division, int(row)] = out.get((division, int(row)), 0) + int(size)
    return out


def _null_space(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """A basis, as rows, of the weights that ``matrix`` turns into zero."""
    columns = matrix.shape[1]
    if matrix.shape[0] == 0:
        return np.eye(columns)
    _, values, vectors = np.linalg.svd(matrix, full_matrices=True)
    rank = int((values > _ZERO * max(matrix.shape) * max(float(values[0]), 1.0)).sum()) if len(values) else 0
    return np.asarray(vectors[rank:])


def _lightest(
    free: NDArray[np.float64], leaks: NDArray[np.float64], sizes: NDArray[np.int64], threshold: int
) -> NDArray[np.float64] | None:
    """Weights of the combination that rests on the fewest persons, ``None`` where that is not under the threshold."""
    values = np.linalg.svd(leaks, compute_uv=False)
    directions = int((values > 1e-7).sum())
    if directions == 1:
        one = int(np.abs(leaks).max(axis=1).argmax())
        return free[one] if int(sizes[np.abs(leaks[one]) > 1e-7].sum()) < threshold else None
    return _programme(free, leaks, sizes, threshold)


def _programme(
    free: NDArray[np.float64], leaks: NDArray[np.float64], sizes: NDArray[np.int64], threshold: int
) -> NDArray[np.float64] | None:
    """The same by integer programmes, one for each atom that could carry it: the fewest persons with that atom's sum told."""
    many, atoms = leaks.shape
    for chosen in np.flatnonzero(np.abs(leaks).max(axis=0) > 1e-7):
        solver = silent()
        solver.setOptionValue("threads", 1)
        for _ in range(many):
            solver.addVar(-highspy.kHighsInf, highspy.kHighsInf)
        for atom in range(atoms):
            solver.addVar(0.0, 1.0)
            solver.changeColIntegrality(many + atom, highspy.HighsVarType.kInteger)
            solver.changeColCost(many + atom, float(sizes[atom]))
        for atom in range(atoms):
            index = np.array([*range(many), many + atom], dtype=np.int32)
            for sign in (1.0, -1.0):
                values = np.array([*(sign * leaks[:, atom]), -1.0])
                solver.addRow(-highspy.kHighsInf, 0.0, len(index), index, values)
        solver.addRow(1.0, 1.0, many, np.arange(many, dtype=np.int32), leaks[:, chosen].copy())
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            found = np.array(solver.getSolution().col_value)
            if float(solver.getInfo().objective_function_value) < threshold - 0.5:
                return np.asarray(found[:many] @ free)
    return None

"""Names that criteria, procedures, instruments, documents and plans use lead to something that exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sapa.packs.checks import Step, finding, own, some
from sapa.packs.findings import Finding
from sapa.packs.loader import Pack

Wanted = tuple[tuple[Step, ...], str, str]
"""(path inside the element, section it must be found in, id)."""


def _listed(element: Any, path: tuple[Step, ...], name: str, section: str) -> Iterator[Wanted]:
    for index, wanted in enumerate(getattr(element, name)):
        yield (*path, name, index), section, wanted


def _single(element: Any, name: str, section: str) -> Iterator[Wanted]:
    if getattr(element, name):
        yield (name,), section, getattr(element, name)


def _criterion(criterion: Any) -> Iterator[Wanted]:
    yield from _single(criterion, "parent", "criteria")
    yield from _single(criterion, "levels", "codelists")
    for index, sign in enumerate(criterion.signs):
        yield from _listed(sign, ("signs", index), "figures", "indicators")


def _procedure(procedure: Any) -> Iterator[Wanted]:
    for index, study in enumerate(procedure.studies):
        yield from _listed(study, ("studies", index), "datasets", "datasets")
        yield from _listed(study, ("studies", index), "figures", "indicators")


def _product(product: Any) -> Iterator[Wanted]:
    yield from _single(product, "deadline", "calendar")
    yield from _single(product, "report", "reports")


def _line(line: Any) -> Iterator[Wanted]:
    for name in ("procedures", "criteria", "products"):
        yield from _listed(line, (), name, name)
    yield from _single(line, "deadline", "calendar")


READERS: dict[str, Callable[[Any], Iterator[Wanted]]] = {
    "criteria": _criterion,
    "procedures": _procedure,
    "products": _product,
    "monitoring": _line,
}


def _coded(element: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], str]]:
    """(path, code) of everything that must be a code of some code list."""
    for name in ("subject", "level"):
        if getattr(element, name, None):
            yield (*path, name), getattr(element, name)
    for name in ("methods", "audience", "audiences", "responsible", "receivers"):
        for index, code in enumerate(getattr(element, name, ())):
            yield (*path, name, index), code
    for name in ("signs", "studies"):
        for index, part in enumerate(getattr(element, name, ())):
            yield from _coded(part, (*path, name, index))


def codes_named(pack: Pack) -> Iterator[Finding]:
    """Subjects, methods, levels, audiences and those responsible are codes of some code list in reach."""
    codes = {code.code for item in pack.elements("codelists") for code in item.element.items}
    for item in own(pack, "criteria", "procedures", "instruments", "products", "monitoring", "policies"):
        for path, code in _coded(item.element):
            if code not in codes:
                text = f"no code list has '{code}'"
                yield finding(item, "dangling-reference", text, path, allowed=some(codes), todo="name a code")


def informed(pack: Pack) -> Iterator[Finding]:
    """What a point of an instrument informs exists, a criterion or a sign of one; so does the code list it is answered by."""
    known: set[str] = set()
    for item in pack.elements("criteria"):
        known |= {item.element.id, *(f"{item.element.id}.{sign.id}" for sign in item.element.signs)}
    lists = {item.element.id for item in pack.elements("codelists")}
    for item in own(pack, "instruments"):
        for index, point in enumerate(item.element.points):
            if point.codes and point.codes not in lists:
                text = f"there is no code list {point.codes}"
                yield finding(item, "dangling-reference", text, ("points", index, "codes"), allowed=some(lists), todo="name one")
            for place, name in enumerate(point.informs):
                if name not in known:
                    path = ("points", index, "informs", place)
                    todo = "name a criterion, or criterion.sign"
                    yield finding(item, "dangling-reference", f"there is no {name}", path, allowed=some(known), todo=todo)

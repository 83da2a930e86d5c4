"""The evidence page of one requirement: every source, by method, beside the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sapa.evaluation.criteria import Node
from sapa.evaluation.levels import Levels
from sapa.evaluation.triangulation import Triangulation
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain.assessments import requirements_of
from sapa_web.evaluation.domain.gathering import triangulated
from sapa_web.evaluation.domain.queries.results import Results, results_of
from sapa_web.evaluation.domain.queries.systems import levels_in, text, tree_in
from sapa_web.evaluation.models import Assessment, Evidence, Rating
from sapa_web.evaluation.words import METHODS, word


@dataclass
class Column:
    """What one method has given: its sources, the level it speaks for."""

    code: str
    title: str
    sources: list[Any]
    level: str
    place: int
    expected: bool


@dataclass
class Page:
    """All of a requirement."""

    node: Node
    title: str
    direction: Node
    direction_title: str
    below: list[Node]
    lines: list[tuple[str, str, list[tuple[str, str]]]]
    columns: list[Column]
    withdrawn: list[Evidence]
    seen: Triangulation
    levels: Levels
    rating: Rating | None
    rated: str
    proposed: str
    results: Results
    previous: str = ""
    following: str = ""

    @property
    def apart(self) -> list[str]:
        """Words of the methods that speak for the lowest and the highest level."""
        named = {column.code: column.title for column in self.columns}
        return [named[code] for code in (*self.seen.lowest, *self.seen.highest) if code in named]

    @property
    def place(self) -> int:
        """Of the level that was set."""
        return self.levels.place(self.rating.level) if self.rating else -1

    @property
    def proposed_place(self) -> int:
        """Of the level the sources speak for."""
        return self.levels.place(self.seen.proposed) if self.seen.proposed else -1

    @property
    def missing(self) -> list[str]:
        """Words of the methods that are expected and say nothing."""
        return [column.title for column in self.columns if column.code in self.seen.missing]


def page_of(assessment: Assessment, code: str) -> Page | None:
    """The page; ``None`` where the assessment does not look at this requirement."""
    tree, levels = tree_in(assessment), levels_in(assessment)
    order = list(requirements_of(assessment)) or [node.code for node in tree.requirements(assessment.directions)]
    if code not in order:
        return None
    node, direction = tree.find(code), tree.above(code, "direction")
    rows = list(
        Evidence.objects.unscoped("found in reach").filter(assessment=assessment, requirement=code).select_related("file", "by")
    )
    results = results_of(assessment)
    seen = triangulated(assessment, code)
    rating = next((line.rating for line in results.lines if line.node.code == code), None)
    place = order.index(code)
    return Page(
        node=node,
        title=text(node.title),
        direction=direction,
        direction_title=text(direction.title),
        below=list(tree.under(code)),
        lines=_lines(tree, node),
        columns=_columns(assessment, [item for item in rows if item.withdrawn_at is None], seen, results, tree),
        withdrawn=[item for item in rows if item.withdrawn_at is not None],
        seen=seen,
        levels=levels,
        rating=rating,
        rated=results.title_of(rating.level) if rating else "",
        proposed=results.title_of(seen.proposed) if seen.proposed else "",
        results=results,
        previous=order[place - 1] if place else "",
        following=order[place + 1] if place + 1 < len(order) else "",
    )


def _lines(tree: Any, node: Node) -> list[tuple[str, str, list[tuple[str, str]]]]:
    out = []
    for criterion in tree.below(node.code):
        signs = [(text(sign.title), text(sign.note)) for sign in tree.below(criterion.code)]
        out.append((criterion.code, text(criterion.title), signs))
    return out


def _columns(assessment: Assessment, rows: list[Evidence], seen: Triangulation, results: Results, tree: Any) -> list[Column]:
    pack = pack_named(assessment.pack)
    spoken = {voice.method: voice.level for voice in seen.voices}
    order = [*spoken, *(code for code in seen.missing if code not in spoken)]
    out = []
    for code in order:
        level = spoken.get(code)
        sources = [
            {
                "row": item, "level": results.title_of(item.level),
                "place": results.levels.place(item.level) if item.level else -1,
                "about": text(tree.find(item.about).title) if item.about != item.requirement and tree.has(item.about) else "",
            }
            for item in rows
            if item.method == code
        ]  # fmt: skip
        place = results.levels.place(level) if level else -1
        title = results.title_of(level) if level else ""
        out.append(Column(code, word(pack, METHODS, code), sources, title, place, code in seen.missing))
    return out

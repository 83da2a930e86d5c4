"""The rules of disclosure control that hold for each data set of a pack in a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sapa.errors import UserError
from sapa.indicators.derived import MADE_FROM_FACTS, inputs_of
from sapa.packs.loader import Pack
from sapa.packs.models_disclosure import Disclosure


@dataclass(frozen=True)
class Policy:
    """The rule of each data set; a data set without one is an error, for nobody could say what it protects."""

    rules: tuple[Disclosure, ...]
    pack: str

    def of(self, dataset: str, period: str) -> Disclosure:
        """The rule of a data set in a period; raises ``UserError`` where the pack has none we can keep."""
        for rule in self.rules:
            if rule.dataset == dataset and rule.holds(period):
                if rule.one_institution == "hidden":
                    raise UserError(
                        f"{rule.id}: facts do not say how many institutions stand behind a figure",
                        todo="leave out one_institution: hidden, and leave out tables that list single institutions",
                    )
                return rule
        raise UserError(
            f"pack {self.pack} does not say how figures of {dataset} are protected in {period}",
            todo="add it to the section `disclosure` of the pack: whether its rows are persons, and the threshold",
        )

    def protects(self, dataset: str, period: str) -> bool:
        """Whether the data set describes persons."""
        return self.of(dataset, period).counts == "persons"

    def behind(self, items: Mapping[str, Any], indicator: str, period: str) -> list[Disclosure]:
        """The rules about persons of the data sets an indicator is computed from, directly or through others."""
        item = items[indicator]
        if item.kind in MADE_FROM_FACTS:
            return [rule for name in inputs_of(item) for rule in self.behind(items, name, period)]
        rule = self.of(item.dataset, period)
        return [rule] if rule.counts == "persons" else []

    def small(self, dataset: str, period: str, count: float | None) -> bool:
        """Whether a count of persons is one that is not published."""
        rule = self.of(dataset, period)
        if rule.counts != "persons" or count is None:
            return False
        return (count > 0 or (rule.zeros == "hidden" and count == 0)) and count < rule.threshold


def policy_of(pack: Pack) -> Policy:
    """The disclosure rules of a pack, with those it imports."""
    return Policy(pack.disclosure, pack.id)

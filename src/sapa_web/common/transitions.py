"""State changes along a table: what is not in it can't happen."""

from __future__ import annotations

from collections.abc import Mapping

from sapa.errors import UserError


class Transitions:
    """``{verb: (states it may start from, state it leads to)}``."""

    def __init__(self, table: Mapping[str, tuple[tuple[str, ...], str]]) -> None:
        self.table = dict(table)

    def to(self, verb: str, state: str) -> str:
        """The state after ``verb``; raises ``UserError`` where it can't be done from ``state``."""
        sources, target = self.table[verb]
        if state not in sources:
            raise UserError(
                f"'{verb}' is not possible from the state '{state}'", todo=f"it is possible from: {', '.join(sources)}"
            )
        return target

    def verbs(self, state: str) -> list[str]:
        """What can be done from ``state``."""
        return [verb for verb, (sources, _) in self.table.items() if state in sources]

"""What is wrong with a pack, as values: where it stands, what is allowed, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

FindingSeverity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake in a pack.

    ``line`` and ``column`` are 1-based positions in ``file`` (relative to the pack's folder; 0 = the file as a whole);
    ``path`` is the place inside the YAML, e.g. ``indicators[3].numerator``.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    path: str = ""
    allowed: str = ""
    todo: str = ""
    severity: FindingSeverity = "error"
    pack: str = ""

    def as_json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return asdict(self)

    def as_text(self) -> str:
        """One readable block: place, what is wrong, what is allowed, what to do."""
        where = f"{self.pack}/{self.file}:{self.line}:{self.column}" if self.line else f"{self.pack}/{self.file}"
        lines = [f"{where}  {self.severity} [{self.code}]", f"    {self.message}"]
        if self.path:
            lines.append(f"    at       {self.path}")
        if self.allowed:
            lines.append(f"    allowed  {self.allowed}")
        if self.todo:
            lines.append(f"    to do    {self.todo}")
        return "\n".join(lines)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Only what makes a pack unusable."""
    return [finding for finding in findings if finding.severity == "error"]

"""Whether a protected version may be published, in words for the person who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from sapa.disclosure.attack import Attack
from sapa.disclosure.audit import Audit

LANGUAGES = ("en", "ru", "kk", "uk", "be")


@cache
def wording() -> dict[str, dict[str, str]]:
    """The text of each reason by language."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load(files("sapa.disclosure").joinpath("wording.yaml").read_text("utf-8"))
    return loaded


@dataclass(frozen=True)
class Reason:
    """Why a version may not be published (``blocks``), or what must be known before it is (``warns``)."""

    code: str
    severity: Literal["blocks", "warns"]
    figures: tuple[str, ...] = ()

    def text(self, lang: str = "en") -> str:
        """The reason in words; in English where the language is none of ``LANGUAGES``."""
        words = wording()[self.code]
        first = self.figures[0] if self.figures else ""
        return words.get(lang, words["en"]).format(count=len(self.figures), first=first)

    def as_json(self) -> dict[str, Any]:
        """The reason with its text in every language."""
        texts = {lang: self.text(lang) for lang in LANGUAGES}
        return {"code": self.code, "severity": self.severity, "figures": list(self.figures), "text": texts}


def releasable(
    report: Mapping[str, Any], audit: Audit | Mapping[str, Any] | None, attack: Attack | Mapping[str, Any] | None = None
) -> list[Reason]:
    """Why the version that ``protect`` reported on may not be published; only warnings, or nothing, where it may.

    ``audit`` and ``attack`` are those objects or what their ``as_json`` gave. A version without an audit is not published.
    """
    audited = audit.as_json() if isinstance(audit, Audit) else audit
    asked = attack.as_json() if isinstance(attack, Attack) else attack
    out = [Reason("not-audited", "blocks")] if audited is None else []
    out += _reason("not-protectable", "blocks", report.get("not_protectable", ()))
    if audited is not None:
        out += _reason("exposed", "blocks", [cell["name"] for cell in audited["cells"] if cell["exposed"]])
    if asked is not None:
        out += _reason("inferred", "blocks", [item["name"] for item in asked["found"]])
    return out + _reason("exposed-before", "warns", report.get("exposed_before", ()))


def _reason(code: str, severity: Literal["blocks", "warns"], figures: Sequence[str]) -> list[Reason]:
    return [Reason(code, severity, tuple(figures))] if figures else []

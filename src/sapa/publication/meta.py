"""What a publication says about itself beside its figures: snapshot, packs, regime, quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sapa.packs.models_data import Severity

Texts = Mapping[str, str]
"""One text by language: ``{en: …, ru: …}``."""


@dataclass(frozen=True)
class PackStamp:
    """A pack as it was when the snapshot was frozen."""

    id: str
    version: str
    digest: str
    """SHA-256 of the pack's files, 64 hex digits."""
    title: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class RuleFindings:
    """How often one verification rule found something."""

    rule: str
    severity: Severity
    count: int
    title: Texts = field(default_factory=dict)
    """What is wrong, as the pack words the rule's cause."""


@dataclass(frozen=True)
class UnitName:
    """A reporting unit, for the lists of late and missing returns."""

    id: str
    name: str = ""


@dataclass(frozen=True)
class Quality:
    """Completeness and findings of the returns. ``rows_read`` = ``rows_accepted`` + ``rows_refused``."""

    rows_read: int = 0
    rows_accepted: int = 0
    rows_refused: int = 0
    rules: tuple[RuleFindings, ...] = ()
    units_expected: int | None = None
    units_received: int | None = None
    late: tuple[UnitName, ...] = ()
    missing: tuple[UnitName, ...] = ()


@dataclass(frozen=True)
class PublicationMeta:
    """Everything a document states that is not a fact. Nothing here is read from the clock.

    ``root`` is the RFC 6962 root of the snapshot (64 hex digits), ``as_of`` the freeze date, ``document_date`` the date
    printed as the day of publication and stored in every file, so that the same input gives the same bytes.
    """

    period: str
    root: str
    as_of: date
    document_date: date
    submissions: int
    """Number of signed submissions, the leaves of the tree."""
    packs: tuple[PackStamp, ...] = ()
    regime: str = ""
    """Id of the data regime that governed the run, empty where the pack's own holds."""
    regime_title: Texts = field(default_factory=dict)
    borrowed: Texts = field(default_factory=dict)
    """What must be said where the regime belongs to another pack; ``{owner}`` is replaced by the data's pack title."""
    source: Texts = field(default_factory=dict)
    """Whose data it is; default: issuer and title of the pack's document."""
    period_note: Texts = field(default_factory=dict)
    """What a period is and which day its rows describe, as a clause of the pack says it; empty where none does."""
    quality: Quality = field(default_factory=Quality)
    provisional: bool = False
    licence: str = "https://creativecommons.org/licenses/by/4.0/"
    archive: str = ""
    """Where the archive stands, as ``sapa verify`` takes it; default: a placeholder word."""

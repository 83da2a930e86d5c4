"""What goes in and out, one definition: requests are checked by it, the description of the API is made from it."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints
from pydantic.json_schema import WithJsonSchema

_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _written_out(value: Any) -> Any:
    """A day is written as a day: no number of seconds, no moment."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("not a day")
    return value


Day = Annotated[date, BeforeValidator(_written_out)]
Plain = r"^[^\x00-\x1f\x7f]*$"
Word = Annotated[str, StringConstraints(max_length=120, pattern=Plain)]
"""Text to look for, or an identifier in a query; nothing that no identifier can hold."""
Base64 = Annotated[str, StringConstraints(min_length=4, max_length=400_000, pattern=_BASE64)]
Receipt = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Limit = Annotated[int, Field(ge=1, le=1000, description="At most so many; `next` leads to the rest.")]
Number = Annotated[int, Field(ge=0, le=2**62)]


def _a_number(value: Any) -> Any:
    """JSON has numbers: neither a text nor true is one."""
    if isinstance(value, bool | str):
        raise ValueError("not a number")
    return value


Whole = Annotated[int, Ge(0), Le(2**62), BeforeValidator(_a_number)]
Value = str | int | float | bool | None
Rows = Annotated[
    list[dict[str, Value]],
    Field(max_length=50_000, description="Records by field id, as the layout of the data set has them; see its schema."),
]


class Strict(Schema):
    """A request: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid")


class Wrong(Schema):
    """One place of the request that does not fit."""

    place: str
    code: str
    message: str


class ProblemOut(Schema):
    """RFC 9457, with a code that stays, a message for a person and what to do."""

    type: Annotated[str, WithJsonSchema({"type": "string", "format": "uri-reference"})]
    title: str
    status: int
    code: str
    detail: str
    message: str
    todo: str
    errors: list[Wrong] | None = None
    counts: dict[str, int] | None = None


class TokenOut(Schema):
    """What the calling token is and may."""

    name: str
    place: str
    levels: list[str]
    datasets: list[str]
    capabilities: list[str]
    expires_at: datetime
    per_minute: int


class OrganisationOut(Schema):
    """An institution or an office as it is, or was, on a day."""

    code: str
    name: str
    names: dict[str, str]
    kind: str
    institution: bool
    parent: str | None
    founder: str | None
    levels: list[str]
    attributes: dict[str, Any]
    valid_from: date
    valid_to: date | None


class OrganisationPage(Schema):
    """A page of organisations, ordered by code."""

    as_of: date
    items: list[OrganisationOut]
    next: str | None = Field(description="What `cursor` must be for the rest; null: there is no more.")


class DatasetOut(Schema):
    """A data set asked for a period."""

    pack: str
    pack_version: str
    dataset: str
    period: str
    title: str
    layout: str
    due_on: date
    state: str


class ObligationOut(Schema):
    """What a unit is asked for, by when, and how far it is."""

    id: int
    pack: str
    dataset: str
    period: str
    unit: str
    unit_name: str
    state: str
    due_on: date
    days_left: int = Field(description="Working days; negative: late.")
    revision: int
    late_days: int
    rows: int
    blocks: int
    explains: int
    notes: int
    changed_at: datetime | None


class ObligationPage(Schema):
    """A page of obligations, ordered by id."""

    items: list[ObligationOut]
    next: int | None


class FindingOut(Schema):
    """One finding, in words."""

    severity: Literal["blocks", "explain", "note"]
    rule: str
    row: int | None = Field(description="Number of the record, from 1; null: about the whole return.")
    field: str
    value: str
    message: str
    remedy: str
    clause: str


class FindingsOut(Schema):
    """What the engine found. ``findings`` is never cut in silence: ``total`` says how many there are, ``next`` where to go on."""

    ready: bool = Field(description="Nothing blocks; what asks for an explanation must still have one.")
    rows: int
    counts: dict[str, int]
    total: int
    findings: list[FindingOut]
    next: int | None = None


class CheckIn(Strict):
    """Rows of one unit, to be checked only."""

    pack: Word
    dataset: Word
    period: Word
    unit: Word
    rows: Rows
    cursor: Whole = 0


class CheckOut(FindingsOut):
    """Findings; and where nothing blocks, the manifest to be signed for these rows."""

    manifest: str | None = Field(None, description="Base64 of the bytes the head signs (detached CAdES).")
    revision: int | None = None
    digest: str | None = Field(None, description="SHA-256 of the canonical rows.")


class Explained(Strict):
    """Why what a rule found in a record is right as it stands; ``row`` counts from 1, 0: the whole return."""

    rule: Word
    row: Whole = 0
    text: Annotated[str, StringConstraints(min_length=10, max_length=1000, pattern=r"^[^\x00]*$")]


class SubmissionIn(Strict):
    """A whole return: rows, what the head signed, and the signature."""

    pack: Word
    dataset: Word
    period: Word
    unit: Word
    rows: Rows
    manifest: Base64
    signature: Base64
    explanations: Annotated[list[Explained], Field(max_length=5000)] = []
    replace_draft: StrictBool = False


class CompleteIn(Strict):
    """The end of a transfer: what the head signed, and the signature."""

    manifest: Base64
    signature: Base64
    explanations: Annotated[list[Explained], Field(max_length=5000)] = []
    replace_draft: StrictBool = False


class DraftIn(Strict):
    """Rows to take the place of the working list."""

    rows: Rows
    version: Whole | None = Field(None, description="The version you have seen; sent with it, nobody's change is lost.")


class DraftOut(Schema):
    """The working list: values as they were typed."""

    version: int
    rows: list[dict[str, str]]


class DraftState(FindingsOut):
    """What became of a draft."""

    version: int
    state: str


class PreparedOut(Schema):
    """What the head signs."""

    version: int
    revision: int
    digest: str
    manifest: str = Field(description="Base64 of the bytes to sign (detached CAdES).")


class SignIn(Strict):
    """The head's detached signature over the prepared manifest."""

    signature: Base64


class SubmissionOut(Schema):
    """A signed revision and its receipt."""

    receipt: str
    pack: str
    dataset: str
    period: str
    unit: str
    revision: int
    newest: bool
    rows: int
    digest: str
    signer: str
    certificate: str
    signed_at: datetime | None
    received_at: datetime
    channel: str
    late_days: int


class SubmissionPage(Schema):
    """A page of submissions, in the order they came."""

    items: list[SubmissionOut]
    next: int | None


class ReceiptOut(SubmissionOut):
    """The receipt with the very bytes that were signed, so that it can be checked alone."""

    manifest: str
    signature: str


class UploadIn(Strict):
    """Rows announced: they will come in parts."""

    pack: Word
    dataset: Word
    period: Word
    unit: Word
    form: Literal["json", "ndjson", "csv"] = "json"
    size: Annotated[int, Ge(1), Le(64 * 1024 * 1024), BeforeValidator(_a_number)]
    sha256: Digest


class PartOut(Schema):
    """A part that has come."""

    number: int
    size: int
    sha256: str


class UploadOut(Schema):
    """A transfer: what has come, and what it became."""

    id: str
    state: Literal["open", "done"]
    form: str
    size: int
    received: int
    parts: list[PartOut]
    expires_at: datetime
    receipt: str | None


class IndicatorOut(Schema):
    """An indicator with the cuts it has figures by."""

    id: str
    title: str
    clause: list[str]
    cuts: list[list[str]]


class IndicatorsOut(Schema):
    """Indicators that have figures."""

    pack: str
    state: str
    periods: list[str]
    items: list[IndicatorOut]


class FactOut(Schema):
    """One figure. ``flag``: P provisional, Z nothing to divide by, M the data lack it."""

    indicator: str
    period: str
    cut: dict[str, str]
    numerator: float | None
    denominator: float | None
    value: float | None
    count: int | None
    flag: str


class FactsOut(Schema):
    """Figures, all of them: ``rows`` is their number."""

    pack: str
    state: Literal["official", "provisional"]
    roots: dict[str, str] = Field(description="By period, the root of the frozen snapshot; empty for provisional figures.")
    rows: int
    items: list[FactOut]


class EventOut(Schema):
    """One line of a year's calendar."""

    id: str
    first: date
    last: date
    times: int
    title: str
    kind: str
    warn_on: date | None
    clause: str


class CalendarOut(Schema):
    """A year as the law sets it."""

    pack: str
    year: int
    events: list[EventOut]


class FaultOut(Schema):
    """Where the chain does not hold."""

    seq: int
    reason: str


class LedgerOut(Schema):
    """State of the ledger: its head, and whether the entries looked at follow one from the other."""

    entries: int
    head: str
    checked_from: int
    holds: bool
    faults: list[FaultOut]

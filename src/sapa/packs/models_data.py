"""Record layouts and verification rules: what a return looks like and what must hold in it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictBool

from sapa.packs.base import ClauseRefs, Element, FieldId, Id, Model, PeriodBound, Text, holds

FieldType = Literal["string", "integer", "decimal", "number", "boolean", "date", "code", "period"]
Normalisation = Literal["trim", "spaces", "case", "roman", "leading-zeros", "alias", "null-tokens", "number-text", "boolean-text"]
Severity = Literal["blocks", "explain", "note"]


class Heading(Model):
    """A column heading a source uses for the field, and in which reference periods."""

    text: str = Field(min_length=1, description="Matched after folding case, spaces, line breaks and trailing footnote marks.")
    valid_from: PeriodBound = None
    valid_to: PeriodBound = None


class DataField(Model):
    """One field of a record layout; ``valid_from``/``valid_to`` make layouts of different years one definition."""

    id: FieldId
    title: Text
    concept: Id = Field(description="What the field means; the same concept may be asked once per grain and period.")
    clause: ClauseRefs | None = Field(None, description="Where it differs from the data set's clause.")
    type: FieldType
    scale: int = Field(0, ge=0, le=18, description="Digits after the point of a decimal.")
    code_list: Id | None = None
    role: Literal["value", "key", "unit", "published", "note"] = Field(
        "value",
        description="key: part of the row's key; unit: names the reporting unit (and is part of the key); published: a figure "
        "the source computed itself, compared and never used; note: free text.",
    )
    required: StrictBool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = Field(None, description="Regular expression the whole text must match (RE2 syntax).")
    max_length: int = Field(1000, ge=1, le=32767)
    width: int | None = Field(None, ge=1, le=40, description="Full width of a digit identifier; shorter ones lost leading zeros.")
    nulls: tuple[str, ...] = Field((), description="Texts that mean 'no value', compared after trimming, case-insensitively.")
    normalise: tuple[Normalisation, ...] = Field((), description="What may be mended on reading; each mend is reported.")
    headings: tuple[Heading, ...] = ()
    protect: Literal["none", "pseudonym", "drop"] = Field(
        "none",
        description="pseudonym: a keyed hash replaces the value on entry; drop: never leaves the institution's own list.",
    )
    measure: str = Field("", description="Unit of measure, e.g. person, thousand UAH, square metre.")
    help: Text | None = None
    same_as: str | None = Field(None, description="dataset.field that already holds this fact: offered, not asked again.")
    valid_from: PeriodBound = None
    valid_to: PeriodBound = None

    def holds(self, period: str | None) -> bool:
        """Whether the field belongs to the layout of ``period``."""
        return period is None or holds(self.valid_from, self.valid_to, period)


class Rule(Model):
    """A verification rule over the rows of a data set. All rules of a data set run in one pass."""

    id: Id
    clause: ClauseRefs
    severity: Severity
    kind: Literal["row", "unique", "reference", "previous", "outlier", "dataset"] = Field(
        "row",
        description="row: `require` holds in every row where `when` does; unique: `fields` together are unique within `scope`; "
        "reference: `fields` exist in `other`; previous: `require` may use prev.FIELD of the same key one period earlier; "
        "outlier: |x - median| / (1.4826 MAD) <= threshold of `require` (a numeric expression) within `by`; "
        "dataset: `require` is an aggregate condition over all rows of one unit.",
    )
    when: str | None = Field(None, description="Scalar expression; rows where it is not true are passed over.")
    require: str | None = Field(None, description="Scalar expression that must be true (null counts as true).")
    fields: tuple[FieldId, ...] = Field(min_length=1, description="The cells a finding points at.")
    other: str | None = Field(None, description="reference: dataset.field that must hold the value.")
    scope: Literal["unit", "all"] = "unit"
    by: tuple[FieldId, ...] = ()
    threshold: float = Field(5.0, gt=0)
    cause: Text = Field(description="What is wrong, as a heading under which findings are grouped.")
    message: Text = Field(description="What is wrong in this row; {field} is replaced by the row's value.")
    remedy: Text = Field(description="What the reporting person should do.")
    valid_from: PeriodBound = None
    valid_to: PeriodBound = None

    def holds(self, period: str | None) -> bool:
        """Whether the rule is in force in ``period``."""
        return period is None or holds(self.valid_from, self.valid_to, period)


class Dimension(Model):
    """A variable by which indicators of the data set can be cut: a field of the row or an attribute of the reporting unit."""

    id: FieldId
    title: Text
    clause: ClauseRefs | None = None
    field: FieldId | None = Field(None, description="Field of the data set's own row.")
    attribute: FieldId | None = Field(None, description="Field of the register's row of the same unit, as of the freeze date.")
    expr: str | None = Field(None, description="Scalar expression over the row, e.g. a size class.")
    code_list: Id | None = None
    level: int | None = Field(
        None, ge=1, description="In a hierarchical list: 1 = topmost; the code is replaced by its ancestor there."
    )


class SourceLayout(Model):
    """How the data set looks in a file."""

    sheet: str | None = Field(None, description="Sheet name; empty = the first sheet whose header row matches.")
    header_rows: int = Field(20, ge=1, le=200, description="How many rows to search for the header row.")
    formulas_row: StrictBool = False


class Place(Model):
    """An office above the reporting units, as their rows name it."""

    field: FieldId = Field(description="Field whose value identifies the office: a code of a list, or an identifier.")
    title: FieldId | None = Field(None, description="Field with its name, where `field` is not a code with a title of its own.")


class Dataset(Element):
    """A record layout: which rows a reporting unit sends for a reference period."""

    grain: str = Field(description="What one row describes: institution, learner, staff-member, class …")
    unit: FieldId = Field(description="The field that names the reporting unit.")
    periodicity: Literal["year", "half-year", "quarter", "month", "event"] = "year"
    register_: StrictBool = Field(
        False,
        alias="register",
        description="True for the register of reporting units: one row a unit, its fields are attributes.",
    )
    attributes_from: Id | None = Field(None, description="The register whose attributes cut this data set's rows.")
    fields: tuple[DataField, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    cuts: tuple[tuple[FieldId, ...], ...] = Field(
        (), description="Sets of dimensions every indicator is computed by; the total is always included."
    )
    source: SourceLayout = SourceLayout()
    owed_when: str | None = Field(
        None, description="Condition on the register's row: only units for which it is true owe this return; empty = all."
    )
    unit_title: FieldId | None = Field(None, description="Field with the unit's name, for messages.")
    places: tuple[Place, ...] = Field(
        (), description="The offices above a unit as its row names them, from the top; each lies in the one before it."
    )

    def layout(self, period: str | None) -> tuple[DataField, ...]:
        """The fields of the layout in force in ``period``, in layout order."""
        return tuple(field for field in self.fields if field.holds(period))

    def key(self, period: str | None) -> tuple[str, ...]:
        """Ids of the fields that together identify a row, in layout order."""
        return tuple(field.id for field in self.layout(period) if field.role in ("key", "unit"))

    def field(self, field_id: str) -> DataField:
        """The field with that id; raises ``KeyError``."""
        for field in self.fields:
            if field.id == field_id:
                return field
        raise KeyError(field_id)

    def dimension(self, dimension_id: str) -> Dimension:
        """The dimension with that id; raises ``KeyError``."""
        for dimension in self.dimensions:
            if dimension.id == dimension_id:
                return dimension
        raise KeyError(dimension_id)

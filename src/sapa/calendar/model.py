"""What every calendar model shares: frozen, strict, and spans of days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
Clause = Annotated[str, StringConstraints(min_length=1)]
Texts = Annotated[dict[Language, str], Field(min_length=1)]
"""One text in several languages, by BCP 47 tag."""

Counting = Literal["next-day", "event-day", "clear-days"]


def text_in(texts: dict[str, str], lang: str) -> str:
    """The text in ``lang``, else in English, else in the first language given."""
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")


class CalendarModel(BaseModel):
    """Base of the models a pack embeds: nothing can be changed, no key is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(CalendarModel):
    """A span of days, both ends included."""

    start: dt.date = Field(description="First day of the span.")
    end: dt.date = Field(description="Last day of the span, itself included.")
    times: int = Field(default=1, ge=1, description="How many times the thing must happen within the span.")
    earliest_end: dt.date | None = Field(
        default=None,
        description="Where the clause gives a range (once in three to five years): the day on which the shortest "
        "permitted span ends; `end` is then the end of the longest.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Window:
        if self.end < self.start:
            raise ValueError(f"the span ends ({self.end}) before it starts ({self.start})")
        if self.earliest_end is not None and not self.start <= self.earliest_end <= self.end:
            raise ValueError(f"earliest_end {self.earliest_end} lies outside {self.start} … {self.end}")
        return self

    def __contains__(self, day: object) -> bool:
        return isinstance(day, dt.date) and self.start <= day <= self.end

    def overlaps(self, other: Window) -> bool:
        return self.start <= other.end and other.start <= self.end


def merge_windows(windows: Iterable[Window]) -> list[Window]:
    """The same days as disjoint spans in order, so that a day covered twice counts once."""
    merged: list[Window] = []
    for window in sorted(windows, key=lambda w: w.start):
        if merged and window.start <= merged[-1].end:
            end = max(merged[-1].end, window.end)
            merged[-1] = Window(start=merged[-1].start, end=end)
        else:
            merged.append(Window(start=window.start, end=window.end))
    return merged

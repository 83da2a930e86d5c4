"""One cell's text into the field's written form, step by step, and only by the steps the layout allows."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from sapa.datasets.layout import Coding
from sapa.datasets.text import fold, roman, squeeze, strip
from sapa.packs.models_data import DataField

Step = tuple[str, str, str | None]
"""(normalisation, text before, text after); after ``None``: the text means "no value"."""

BINARY_NOISE = Decimal("1e-9")
"""Relative difference below which digits beyond a decimal's scale are the noise of a binary number, not information."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_WHOLE = re.compile(r"([+-]?[0-9]+)[.,]0+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}([ '][0-9]{3})+([.,][0-9]*)?")
_PERIOD = re.compile(r"[0-9]{4}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?")
_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00:00(\.0+)?")
_TRUE = frozenset(("true", "1", "yes", "y", "так", "да", "иә", "+"))
_FALSE = frozenset(("false", "0", "no", "n", "ні", "нет", "не", "жоқ", "-"))


class UnreadableError(ValueError):
    """The text is no value of the field's type; ``args[0]`` is the key of the reason."""


@dataclass(frozen=True)
class Mender:
    """Turns one text into the written form of a field's value.

    ``number_cell``: the text is that of a cell that holds a number (not a text), so digits beyond a decimal's scale may be the
    noise of binary numbers.
    """

    field: DataField
    coding: Coding | None = None
    number_cell: bool = False

    def mend(self, text: str) -> tuple[str | None, list[Step]]:
        """The written form (``None`` = no value) and the steps taken; raises ``UnreadableError``."""
        steps: list[Step] = []
        value = self._blanks(text, steps)
        if value is not None and self._is_null(value):
            steps.append(("null-tokens", value, None))
            value = None
        if value is None:
            return None, steps
        if _CONTROL.search(value):
            raise UnreadableError("control")
        value = self._form(value, steps)
        return self._typed(value), steps

    def _blanks(self, text: str, steps: list[Step]) -> str | None:
        value: str = unicodedata.normalize("NFC", text)
        allowed = self.field.normalise
        for name, change in (("trim", strip), ("spaces", squeeze)):
            changed = change(value) if name in allowed else value
            if changed != value:
                steps.append((name, value, changed or None))
                value = changed
        return value or None

    def _is_null(self, value: str) -> bool:
        return bool(self.field.nulls) and fold(value) in {fold(token) for token in self.field.nulls}

    def _form(self, value: str, steps: list[Step]) -> str:
        allowed = self.field.normalise
        if self.field.type == "code":
            return self._code(value, steps)
        for name, change in (("roman", roman), ("number-text", self._number_text), ("leading-zeros", self._widen)):
            changed = change(value) if name in allowed else None
            if changed is not None and changed != value:
                steps.append((name, value, changed))
                value = changed
        if "boolean-text" in allowed and self.field.type == "boolean":
            folded = fold(value)
            changed = "true" if folded in _TRUE else "false" if folded in _FALSE else value
            if changed != value:
                steps.append(("boolean-text", value, changed))
                value = changed
        return value

    def _code(self, value: str, steps: list[Step]) -> str:
        coding, allowed = self.coding, self.field.normalise
        if coding is None or value in coding.codes:
            return value
        folded = fold(value)
        if folded in coding.titles:
            return coding.titles[folded]
        tries = (
            ("case", coding.folded.get(folded)),
            ("roman", roman(value)),
            ("number-text", self._number_text(value)),
            ("leading-zeros", self._widen(value)),
            ("alias", coding.aliases.get(folded)),
        )
        for name, changed in tries:
            if name in allowed and changed is not None and changed in coding.codes:
                if changed != value:
                    steps.append((name, value, changed))
                return changed
        return value

    def _widen(self, value: str) -> str | None:
        width = self.field.width
        short = width is not None and value.isascii() and value.isdigit() and len(value) < width
        return value.zfill(width) if short and width else None

    def _number_text(self, value: str) -> str | None:
        """Decimal comma, thousands set apart, a needless ``.0``: the same number in plain writing."""
        plain = squeeze(strip(value)).replace("−", "-").replace("’", "'")
        if _GROUPED.fullmatch(plain):
            plain = plain.replace(" ", "").replace("'", "")
        if plain.count(",") == 1 and "." not in plain:
            plain = plain.replace(",", ".")
        if not _NUMBER.fullmatch(plain):
            return None
        whole = _WHOLE.fullmatch(plain)
        if self.field.type in ("string", "code", "integer", "period"):
            return whole.group(1).lstrip("+") if whole else None
        return plain.lstrip("+")

    def _typed(self, value: str) -> str:
        kind = self.field.type
        if kind == "integer":
            return self._integer(value)
        if kind == "decimal":
            return self._decimal(value)
        if kind == "number":
            return _finite(value)
        if kind == "date":
            return _date(value)
        if kind == "boolean" and value not in ("true", "false"):
            raise UnreadableError("boolean")
        if kind == "period" and not _PERIOD.fullmatch(value):
            raise UnreadableError("period")
        return value

    def _integer(self, value: str) -> str:
        if self.number_cell and (whole := _WHOLE.fullmatch(value)):
            value = whole.group(1)
        if value == "-0":
            return "0"
        if not _INTEGER.fullmatch(value):
            raise UnreadableError("integer")
        return value

    def _decimal(self, value: str) -> str:
        if not _NUMBER.fullmatch(value):
            raise UnreadableError("decimal")
        try:
            exact = Decimal(value)
            rounded = exact.quantize(Decimal(1).scaleb(-self.field.scale), ROUND_HALF_EVEN)
        except InvalidOperation:
            raise UnreadableError("decimal") from None
        if abs(rounded) >= Decimal(10) ** (28 - self.field.scale):
            raise UnreadableError("too-large")
        noise = BINARY_NOISE * max(Decimal(1), abs(exact)) if self.number_cell else Decimal(0)
        if abs(rounded - exact) > noise:
            raise UnreadableError("scale")
        return f"{rounded if rounded else abs(rounded):f}"


def _finite(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise UnreadableError("number")
    number = float(value)
    if number in (float("inf"), float("-inf")):
        raise UnreadableError("too-large")
    return repr(number + 0.0)


def _date(value: str) -> str:
    midnight = _MIDNIGHT.fullmatch(value)
    text = midnight.group(1) if midnight else value
    try:
        parsed = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        parsed = None
    if parsed is None:
        raise UnreadableError("date")
    return parsed.isoformat()

r"""Regular expressions that page and server read alike, and that no answer can make slow.

ODK XForms leaves the dialect of ``regex()`` to the client. Ours is what RE2 and a browser have in common, written in one way:
``\d``, ``\w``, ``\s`` and ``.`` as classes of ASCII, every other character as itself. The server matches with RE2, whose time
grows with the length of the text and never faster.
"""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from sapa.instruments.expressions import ExpressionError

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": " \t\n\r\f\v"}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_SPECIAL = set("\\^$.|?*+()[]{}/")
_LONGEST = 1000


def portable(pattern: str) -> str:
    """The pattern in the common dialect; raises ``ExpressionError`` where it asks for more (look-around, back references …)."""
    if len(pattern) > _LONGEST:
        raise ExpressionError("pattern", near=pattern[:20])
    written = "".join(_Pattern(pattern).parts())
    try:
        matches(written, "")
    except pa.ArrowInvalid as error:
        raise ExpressionError("pattern", near=pattern) from error
    return written


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """Whether the pattern, already in the common dialect, is found in the text."""
    return bool(pc.match_substring_regex(pa.scalar(text), pattern).as_py())


class _Pattern:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def refuse(self) -> ExpressionError:
        return ExpressionError("pattern", near=self.pattern[max(self.at - 1, 0) : self.at + 6])

    def next(self) -> str:
        if self.at >= len(self.pattern):
            raise self.refuse()
        self.at += 1
        return self.pattern[self.at - 1]

    def parts(self) -> list[str]:
        out: list[str] = []
        while self.at < len(self.pattern):
            letter = self.next()
            if letter in "*+?" and out and out[-1] in ("^", "$", "\\b"):
                raise self.refuse()
            if letter == "\\":
                out.append(self.escaped())
            elif letter == "[":
                out.append(self.bracketed())
            elif letter == ".":
                out.append("[^\n\r\u2028\u2029]")
            elif letter == "(" and self.pattern[self.at : self.at + 1] == "?":
                out.append(self.group())
            elif letter in "{}":
                braces = self.braces(letter)
                if braces[0] == "{" and out and out[-1] in ("^", "$", "\\b"):
                    raise self.refuse()
                out.append(braces)
            elif letter in "]/":
                out.append("\\" + letter)
            else:
                out.append(letter)
        return out

    def group(self) -> str:
        if self.pattern[self.at : self.at + 2] != "?:":
            raise self.refuse()
        self.at += 2
        return "(?:"

    def braces(self, letter: str) -> str:
        """``{2}``, ``{2,}``, ``{2,4}`` repeat; any other brace is itself."""
        end = self.pattern.find("}", self.at) if letter == "{" else -1
        inside = self.pattern[self.at : end] if end > 0 else ""
        low, comma, high = inside.partition(",")
        if low.isascii() and low.isdigit() and (not high or (high.isascii() and high.isdigit())):
            self.at = end + 1
            return f"{{{int(low)}{comma}{int(high) if high else ''}}}"
        return "\\" + letter

    def escaped(self) -> str:
        letter = self.next()
        if letter.lower() in _CLASSES:
            return f"[{'^' if letter.isupper() else ''}{_CLASSES[letter.lower()]}]"
        if letter == "b":
            return "\\b"
        return self.literal(letter)

    def literal(self, letter: str) -> str:
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter.isalnum():
            raise self.refuse()
        return "\\" + letter if letter in _SPECIAL else letter

    def bracketed(self) -> str:
        out = ["["]
        if self.pattern[self.at : self.at + 1] == "^":
            self.at += 1
            out.append("^")
        first = True
        while (letter := self.next()) != "]" or first:
            if letter == "[" or self.pattern[self.at - 1 : self.at + 1] in ("&&", "--"):
                raise self.refuse()
            if letter == "\\":
                out.append(self.in_class())
            else:
                out.append("\\" + letter if letter in "]^" else letter)
            first = False
        return "".join(out) + "]"

    def in_class(self) -> str:
        letter = self.next()
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter in "-]^\\[":
            return "\\" + letter
        written = self.literal(letter)
        return written[1:] if written.startswith("\\") else written

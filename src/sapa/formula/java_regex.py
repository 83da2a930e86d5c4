"""A pattern of RE2, the language's own syntax, as Java's engine must have it to mean the same."""

from __future__ import annotations

import re

_POSIX = {
    "alnum": "Alnum", "alpha": "Alpha", "ascii": "ASCII", "blank": "Blank", "cntrl": "Cntrl", "digit": "Digit",
    "graph": "Graph", "lower": "Lower", "print": "Print", "punct": "Punct", "space": "Space", "upper": "Upper",
    "xdigit": "XDigit",
}  # fmt: skip
_SPACE = r"\t\n\f\r "
_REPEAT = re.compile(r"\{\d+(,\d*)?\}")
_PROPERTY = re.compile(r"\\([pP])(?:\{(\^?)(\w+)\}|(\w))")
_NAMED = re.compile(r"\[:(\^?)(\w+):\]")
_PLAIN_SIGNS = {"^": r"\A", "$": r"\z", ".": r"[^\n]"}
_ESCAPES = {
    "v": r"\x0B",
    # Java's own word boundary is Unicode's, its \w is not.
    "b": r"(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))",
    "B": r"(?:(?<=\w)(?=\w)|(?<!\w)(?!\w))",
    "s": f"[{_SPACE}]",
    "S": f"[^{_SPACE}]",
}


def java_pattern(pattern: str) -> str:
    """The Java pattern that matches what RE2's does; ``pattern`` has been accepted by RE2."""
    out: list[str] = []
    place, opened = 0, -1
    while place < len(pattern):
        inside = opened >= 0
        text, length = _escape(pattern, place, inside) if pattern[place] == "\\" else _sign(pattern, place, inside)
        if inside and pattern[place] == "]" and place > opened:
            text, opened = "]", -1
        elif not inside and pattern[place] == "[":
            text = "[^" if pattern.startswith("[^", place) else "["
            length = len(text)
            # A closing bracket that comes first is a member of the class.
            opened = place + length
        out.append(text)
        place += length
    return "".join(out)


def _escape(pattern: str, place: int, inside: bool) -> tuple[str, int]:
    found = _PROPERTY.match(pattern, place)
    if found:
        letter, negated, name, short = found.groups()
        if negated:
            letter = "P" if letter == "p" else "p"
        name = short or name
        # Names of more than two letters are scripts.
        return rf"\{letter}{{{'Is' if len(name) > 2 else ''}{name}}}", len(found[0])
    sign = pattern[place + 1 : place + 2]
    return _ESCAPES.get(sign, pattern[place : place + 2]), 2


def _sign(pattern: str, place: int, inside: bool) -> tuple[str, int]:
    sign = pattern[place]
    if not inside:
        if sign == "{" and not _REPEAT.match(pattern, place):
            return r"\{", 1
        return _PLAIN_SIGNS.get(sign, sign), 1
    named = _NAMED.match(pattern, place)
    if named:
        negated, name = named.groups()
        word = (r"\W" if negated else r"\w") if name == "word" else rf"\{'P' if negated else 'p'}{{{_POSIX[name]}}}"
        return word, len(named[0])
    return (f"\\{sign}" if sign in "[]&" else sign), 1

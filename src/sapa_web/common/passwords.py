"""Passwords that are guessed first although they are long: rows of keys, one piece said again, a known word with a number.

Lists of leaked passwords hold few of twelve letters and more, so the shapes themselves are refused. No kind of character is
demanded (OWASP ASVS 5.0, 6.2.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ROWS = (
    "1234567890", "0987654321", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "йцукенгшщзхъ", "фывапролджэ",
    "ячсмитьбю", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
)  # fmt: skip
LONGEST_ROW = 4
"""Of a row, so many neighbours are chance; more are a path over the keyboard."""
FEWEST_FREE = 6
"""Letters that must be left when rows of keys and known words are taken away."""
WORDS = (
    "sapa", "statistics", "education", "ministry", "school", "teacher", "director", "secretary", "password", "welcome", "admin",
    "letmein", "пароль", "школа", "учитель", "директор", "статистика", "образование", "мектеп", "білім", "құпия",
    "освіта", "адукацыя",
)  # fmt: skip
"""Words of the place and of the trade: by themselves or with a number they are no password (OWASP ASVS 5.0, 6.1.2)."""


class GuessableValidator:
    """Refuses what is left with fewer than :data:`FEWEST_FREE` letters once the guessable is taken away."""

    def __init__(self, words: Iterable[str] = WORDS) -> None:
        self.words = sorted(words, key=len, reverse=True)

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ``ValidationError`` on a guessable password."""
        plain = password.casefold()
        if len(set(plain)) < FEWEST_FREE or _said_again(plain) or len(self._free(plain)) < FEWEST_FREE:
            raise ValidationError(self.get_help_text(), code="password_guessable")

    def get_help_text(self) -> str:
        """What a person is told."""
        return _("Your password can’t be a row of keys, one piece said again, or a usual word with a number.")

    def _free(self, plain: str) -> str:
        for word in (*self.words, *_usual()):
            plain = plain.replace(word, "")
        free = _without_rows(plain)
        return free.strip("0123456789 !?.-_@#$*+") if len(free) < 12 else free


def _said_again(plain: str) -> bool:
    """Made of one piece, repeated: ``abc1abc1abc1``."""
    return len(plain) > 1 and plain in (plain + plain)[1:-1]


def _without_rows(plain: str) -> str:
    out, place = "", 0
    while place < len(plain):
        length = max((_common(plain, place, row) for row in ROWS), default=0)
        if length > LONGEST_ROW:
            place += length
        else:
            out += plain[place]
            place += 1
    return out


def _common(plain: str, place: int, row: str) -> int:
    """How many letters from ``place`` on run along a row, forwards or backwards."""
    best = 0
    for line in (row, row[::-1]):
        start = line.find(plain[place])
        length = 0
        while 0 <= start + length < len(line) and place + length < len(plain) and line[start + length] == plain[place + length]:
            length += 1
        best = max(best, length if start >= 0 else 0)
    return best


@lru_cache(maxsize=1)
def _usual() -> tuple[str, ...]:
    """Usual passwords long enough that they are no part of an honest one by chance."""
    return tuple(sorted((item for item in CommonPasswordValidator().passwords if len(item) >= 8), key=len, reverse=True))

"""Places where a long word of a narrow column may break, for languages whose patterns the typesetter lacks."""

from __future__ import annotations

import re

SOFT = "\u00ad"
"""The soft hyphen: seen only where a line breaks at it."""
LONG = 9
"""Letters a word has at least before it may break."""
VOWELS = {"kk": "аәеёиоөуұүыіэюя"}


def soft_hyphens(text: str, lang: str) -> str:
    """The text with soft hyphens in its long words; unchanged in languages whose words the typesetter breaks itself.

    A syllable begins there with at most one consonant: a word breaks before the consonant that stands before a vowel (а-на,
    жұл-дыз, құрт-тар), never so that fewer than three letters stand on a line.
    """
    vowels = VOWELS.get(lang)
    if vowels is None:
        return text
    inner = re.compile(rf"(?<=\w\w)(?=[^\W{vowels}][{vowels}]\w)", re.IGNORECASE)
    return re.sub(rf"\w{{{LONG},}}", lambda word: _broken(word[0], inner, vowels), text)


def _broken(word: str, inner: re.Pattern[str], vowels: str) -> str:
    places = [found.start() for found in inner.finditer(word) if set(word[: found.start()].lower()) & set(vowels)]
    fit = [place for place in places if 3 <= place <= len(word) - 3]
    return "".join(SOFT * (place in fit) + letter for place, letter in enumerate(word))

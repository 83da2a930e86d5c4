"""The engine names no country and no document, since what a country needs a pack says: ``python tools/check_neutral.py [ROOT]``.

Sought in every text file under ``src/``: names, adjectives and codes of the countries whose packs stand in ``packs/``,
ministries, and identifiers and numbers of the packs' documents. Allowed are the language codes (a language is no country)
the words of ``src/sapa/publication/locale/``, which are the interface in those languages, and these languages' own names.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

SUFFIXES = {".py", ".yaml", ".yml", ".json", ".typ", ".txt", ".csv", ".toml", ".html", ".css", ".sql", ".md", ".svg", ".sh"}
ALLOWED_FOLDERS = ("src/sapa/publication/locale/", "src/sapa_web/locale/", "src/sapa_web/config/languages.py")

# Beginnings of names and adjectives: of the country, its people, its language, in the languages of the project. A pack of
# a country that is missing here fails the check until its names are added.
COUNTRIES = {
    "BY": ("BLR", "belarus", "byelorus", "belorus", "беларус", "белорус", "білорус"),
    "KZ": ("KAZ", "kazakh", "qazaq", "казах", "казак", "қазақ"),
    "RU": ("RUS", "russia", "росси", "русск", "росій", "росія", "расій", "расія", "ресей"),
    "UA": ("UKR", "ukrain", "украин", "україн", "украін"),
}
# "be", "kk", "ru" and "uk" are languages and "by" is a word: in lower case only the codes that are neither are sought.
LOWER_CODES = {"KZ": "kz", "UA": "ua"}
# "ministry" in lower case is a code of subordination, which every country has; as a proper name it is one country's.
MINISTRIES = r"Ministr(?:y|ies)|MINISTR(?:Y|IES)|(?i:министерств|министр|міністерств|міністэрств|министрліг)"


def pack_files(root: Path) -> list[dict[str, Any]]:
    """Every ``pack.yaml`` under ``packs/``."""
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((root / "packs").glob("*/pack.yaml"))]


def patterns(packs: list[dict[str, Any]]) -> Iterator[tuple[str, re.Pattern[str]]]:
    """``(what it is, pattern)``; names match from a word's beginning, codes and identifiers as a whole."""
    yield "a ministry", re.compile(rf"(?<!\w)({MINISTRIES})\w*")
    for code, (alpha3, *stems) in COUNTRIES.items():
        # In identifiers words are joined by underscores, so a name may follow one.
        yield "a country", re.compile(rf"(?<![^\W_])({'|'.join(stems)})\w*", re.IGNORECASE)
        codes = [code, alpha3, *([LOWER_CODES[code]] if code in LOWER_CODES else [])]
        yield "a country code", re.compile(rf"""(["'])({"|".join(codes)})\1""")
    for pack in packs:
        words = re.split(r"[-_.]", pack["id"])
        if len(words) > 1:  # a single word, like that of the demonstration, is an ordinary word first
            yield "a pack", re.compile(rf"(?<![^\W_]){'[-_. ]?'.join(words)}(?![^\W_])", re.IGNORECASE)
        number = str(pack["document"].get("number", ""))
        # Shorter numbers are too common to mean a document.
        if pack["document"].get("kind", "regulation") == "regulation" and len(number) >= 3:
            yield "a document's number", re.compile(rf"(?<![\w.]){re.escape(number)}(?![\w.])")


def problems(root: Path) -> list[str]:
    """One line for each place: ``path:line: names a country: "…"``."""
    packs = pack_files(root)
    known = sorted({pack.get("country") or "" for pack in packs} - {""} - set(COUNTRIES))
    found = [f"packs/: country {code} is unknown to tools/check_neutral.py → add its names to COUNTRIES" for code in known]
    wanted = list(patterns(packs))
    for path in sorted((root / "src").rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix not in SUFFIXES or name.startswith(ALLOWED_FOLDERS) or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for what, pattern in wanted:
                if match := pattern.search(line):
                    found.append(f"{name}:{number}: names {what}: {match.group()!r} → let a pack say it")
    return found


def main(argv: list[str]) -> int:
    """Print the problems; exit code 1 when there are any."""
    found = problems(Path(argv[0]) if argv else Path(__file__).resolve().parent.parent)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The words of the application and its catalogues: ``python tools/translations.py`` brings the catalogues up to the code.

Messages that are new stand in the catalogues without words afterwards (and fail the tests), those that are gone are removed.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

WEB = Path(__file__).resolve().parent.parent / "src" / "sapa_web"
LANGUAGES = ("ru", "kk", "uk", "be")
CALLS = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
_EAST = "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : "
# The forms are those of the framework's own catalogues; the fourth, for fractions, is never asked for whole numbers.
PLURALS = {
    "ru": f"nplurals=4; plural=({_EAST}n%10==0 || (n%10>=5 && n%10<=9) || (n%100>=11 && n%100<=14)? 2 : 3);",
    "kk": "nplurals=2; plural=(n!=1);",
    "uk": f"nplurals=4; plural=({_EAST}n%10==0 || (n%10>=5 && n%10<=9) || (n%100>=11 && n%100<=14)? 2 : 3);",
    "be": f"nplurals=4; plural=({_EAST}n%10==0 || (n%10>=5 && n%10<=9) || (n%100>=11 && n%100<=14)? 2 : 3);",
}


class Word(NamedTuple):
    """What the code asks to be translated; ``plural`` is empty where nothing is counted."""

    singular: str
    plural: str = ""


def found() -> dict[Word, list[str]]:
    """All messages of the application's code and templates, with the files they stand in."""
    words: dict[Word, list[str]] = {}
    for path in sorted(WEB.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            some = _of_code(path.read_text(encoding="utf-8"))
        elif path.suffix in (".html", ".txt") and "templates" in path.parts:
            some = _of_template(path.read_text(encoding="utf-8"))
        else:
            continue
        for word in some:
            places = words.setdefault(word, [])
            name = path.relative_to(WEB).as_posix()
            if name not in places:
                places.append(name)
    return words


def _of_code(source: str) -> Iterator[Word]:
    if "django.utils.translation" not in source:
        return
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and names.get(node.func.id) in CALLS:
            yield from _of_call(node, names[node.func.id].startswith("n"))


def _of_call(node: ast.Call, counted: bool) -> Iterator[Word]:
    """Texts that are no literals (a variable that holds a message marked elsewhere) are passed over."""
    texts = [arg.value for arg in node.args[: 1 + counted] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if texts:
        yield Word(*texts)


def _of_template(source: str) -> Iterator[Word]:
    from django.utils.translation.template import templatize

    code = templatize(source)
    for call in re.finditer(r"\b(_|gettext|ngettext)\(", code):
        for end in re.finditer(r"\)", code[call.start() :]):
            try:
                node = ast.parse(code[call.start() : call.start() + end.end()], mode="eval").body
            except SyntaxError:
                continue  # a bracket inside the text
            assert isinstance(node, ast.Call)
            yield from _of_call(node, call[1] == "ngettext")
            break


def catalogue(language: str) -> Path:
    return WEB / "locale" / language / "LC_MESSAGES" / "django.po"


def known(language: str) -> dict[Word, dict[int, str]]:
    """The words that the catalogue has."""
    from sapa_web.config.catalogues import read

    path = catalogue(language)
    return {Word(m.singular, m.plural): m.words for m in read(path) if m.singular} if path.exists() else {}


def write(language: str, words: dict[Word, list[str]], translated: dict[Word, dict[int, str]]) -> int:
    """Write the catalogue; returns how many messages have no words yet."""
    header = ["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit", f"Language: {language}"]
    lines = ['msgid ""', 'msgstr ""', *(_quoted(f"{line}\n") for line in [*header, f"Plural-Forms: {PLURALS[language]}"]), ""]
    missing = 0
    for word, places in sorted(words.items(), key=lambda item: (item[1][0], item[0])):
        forms = int(PLURALS[language][len("nplurals=")]) if word.plural else 1
        texts = [translated.get(word, {}).get(form, "") for form in range(forms)]
        missing += not all(texts)
        lines += [f"#: {' '.join(places)}"]
        lines += ["#, python-format"] if re.search(r"%(\(\w+\))?[sdg]", word.singular + word.plural) else []
        lines += [f"msgid {_quoted(word.singular)}"]
        if word.plural:
            lines += [f"msgid_plural {_quoted(word.plural)}", *(f"msgstr[{n}] {_quoted(text)}" for n, text in enumerate(texts))]
        else:
            lines += [f"msgstr {_quoted(texts[0])}"]
        lines += [""]
    catalogue(language).parent.mkdir(parents=True, exist_ok=True)
    catalogue(language).write_text("\n".join(lines), encoding="utf-8")
    return missing


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def main() -> int:
    from django.conf import settings

    settings.configure()  # the template reader asks for settings, any will do
    words = found()
    left = {language: write(language, words, known(language)) for language in LANGUAGES}
    print(f"{len(words)} messages; without words: " + ", ".join(f"{language} {count}" for language, count in left.items()))
    return int(any(left.values()))


if __name__ == "__main__":
    sys.exit(main())

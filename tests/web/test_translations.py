"""The site speaks all its languages: every word of the code is in every catalogue, and no page is left in English."""

from __future__ import annotations

import gettext
import html
import re
import subprocess
from io import BytesIO
from pathlib import Path
from shutil import which

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from tools.translations import LANGUAGES, PLURALS, WEB, Word, catalogue, found

from sapa_web.config import catalogues
from tests.web import cast

SLOT = re.compile(r"%\(\w+\)[sdg]|%[sdg]|\{\w*\}|%%")
NAMES = {"SHA-256", "Excel (xlsx)", "JSON-stat 2.0", "Parquet"}
"""Names of formats: the same in every language."""
LONG = 12
"""Shorter words may be the same in two languages, or stand in data."""


@pytest.fixture(scope="module")
def words() -> set[Word]:
    return set(found())


def _messages(language: str) -> list[catalogues.Message]:
    return [message for message in catalogues.read(catalogue(language)) if message.singular]


def test_all_languages_of_the_site_have_a_catalogue() -> None:
    assert {"en", *LANGUAGES} == {code for code, _ in settings.LANGUAGES}


def test_the_extraction_sees_code_templates_and_scripts(words: set[Word]) -> None:
    assert Word("Sign in") in words  # a template
    assert Word("Sign and submit") in words
    assert Word("Please correct %(n)s field.", "Please correct %(n)s fields.") in words  # a counted block
    assert Word("Not saved: the server refused.") in words  # the scripts'
    assert Word("Incorrect password.") in words  # the library's
    assert len(words) > 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_what_the_code_says_and_nothing_else(language: str, words: set[Word]) -> None:
    held = [Word(message.singular, message.plural) for message in _messages(language)]
    assert len(held) == len(set(held))
    assert words - set(held) == set(), "run tools/translations.py, then translate what it leaves empty"
    assert set(held) - words == set(), "run tools/translations.py: it takes out what is gone"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    forms = int(PLURALS[language][len("nplurals=")])
    empty = [m.singular for m in _messages(language) if not m.words or not all(m.words.values())]
    fuzzy = [m.singular for m in _messages(language) if m.fuzzy]
    wrong = [m.singular for m in _messages(language) if sorted(m.words) != list(range(forms if m.plural else 1))]
    assert (empty, fuzzy, wrong) == ([], [], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_stands_in_english(language: str) -> None:
    """A translation that equals its English is names, units and slots only."""
    same = [m.singular for m in _messages(language) if m.words[0] == m.singular]
    assert [text for text in same if text not in NAMES and re.search(r"[a-zA-Z]{4}", SLOT.sub("", text))] == []
    foreign = {"kk": "ўієїґ", "uk": "ыэёъў", "be": "ищъїєґ", "ru": "іўїєґқәңғүұһө"}[language]
    mixed = [m.singular for m in _messages(language) if set(foreign) & set("".join(m.words.values()).lower())]
    assert language == "kk" or mixed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_slots_and_edges_are_those_of_the_english(language: str) -> None:
    wrong = []
    for message in _messages(language):
        wanted = sorted(SLOT.findall(message.plural or message.singular))
        for text in message.words.values():
            edges = [(text[:1].isspace(), text[-1:].isspace()), (message.singular[:1].isspace(), message.singular[-1:].isspace())]
            tags = [sorted(re.findall(r"</?\w+", part)) for part in (text, message.singular)]
            if sorted(SLOT.findall(text)) != wanted or edges[0] != edges[1] or tags[0] != tags[1]:
                wrong.append((message.singular, text))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogues_say_what_the_sources_say(language: str, tmp_path: Path) -> None:
    """Read back by Python's own reader: each message, and the form for each number."""
    folder = catalogues.prepare(WEB / "locale", tmp_path)
    compiled = (folder / language / "LC_MESSAGES" / "django.mo").read_bytes()
    read = gettext.GNUTranslations(BytesIO(compiled))
    for message in _messages(language):
        said = read.ngettext(message.singular, message.plural, 5) if message.plural else read.gettext(message.singular)
        assert said == message.words[(1 if language == "kk" else 2) if message.plural else 0]
    assert catalogues.prepare(WEB / "locale", tmp_path) == folder
    assert (folder / language / "LC_MESSAGES" / "django.mo").read_bytes() == compiled


@pytest.mark.skipif(
    not which("msgfmt"), reason="GNU gettext is not on this machine: the comparison with its compiler is not shown"
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_gnu_gettext_takes_the_catalogue(language: str, tmp_path: Path) -> None:
    target = tmp_path / "django.mo"
    run = subprocess.run(["msgfmt", "--check-format", "-o", target, catalogue(language)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    ours = gettext.GNUTranslations(BytesIO(catalogues.compiled(catalogues.read(catalogue(language)))))
    assert ours._catalog == gettext.GNUTranslations(BytesIO(target.read_bytes()))._catalog  # type: ignore[attr-defined]


def test_what_is_fuzzy_or_empty_stays_english(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n#, fuzzy\nmsgid "One"\nmsgstr "Eins"\n\n'
        'msgid "Two"\nmsgstr ""\n\nmsgctxt "of a clock"\nmsgid "Three"\nmsgstr ""\n"Dr"\n"ei"\n\n'
        '#~ msgid "Gone"\n#~ msgstr "Weg"\n'
    )
    read = gettext.GNUTranslations(BytesIO(catalogues.compiled(catalogues.read(source))))
    assert [read.gettext(word) for word in ("One", "Two", "Three", "Gone")] == ["One", "Two", "Three", "Gone"]
    assert read.pgettext("of a clock", "Three") == "Drei"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ru", ["1 отчёт", "2 отчёта", "5 отчётов", "11 отчётов", "21 отчёт"]),
        ("kk", ["1 есеп", "2 есеп", "5 есеп", "11 есеп", "21 есеп"]),
        ("uk", ["1 звіт", "2 звіти", "5 звітів", "11 звітів", "21 звіт"]),
        ("be", ["1 справаздача", "2 справаздачы", "5 справаздач", "11 справаздач", "21 справаздача"]),
    ],
)
def test_numbers_take_their_forms(language: str, said: list[str]) -> None:
    with translation.override(language):
        forms = [translation.ngettext("%(shown)s return", "%(shown)s returns", n) % {"shown": n} for n in (1, 2, 5, 11, 21)]
    assert forms == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_is_left_in_english(language: str, people: cast.Cast, client: Client, words: set[Word]) -> None:
    """Sign-in with a mistake, the home of three roles, my returns, backlog: no sentence of the code stands there in English."""
    cast.campaigns()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    pages = [client.get("/account/login/"), client.post("/account/login/", {"login": "a", "password": ""})]
    for user, addresses in (
        (people.secretary, ["/", "/returns/"]),
        (people.officer, ["/", "/backlog/at/R1-01/", "/backlog/at/R1-01/units/"]),
        (people.administrator, ["/", "/places/"]),
    ):
        client.force_login(user)
        pages += [client.get(address, follow=True) for address in addresses]
    pieces = {piece.strip() for word in words for text in word for piece in SLOT.split(text)}
    sentences = {piece for piece in pieces if len(piece) > LONG and " " in piece}  # one word may be a person's name here
    for page in pages:
        assert page.status_code == 200
        text = html.unescape(page.content.decode())
        assert f'lang="{language}"' in text
        left = {s for s in sentences if re.search(rf"(?<!\w){re.escape(s)}(?!\w)", text)}
        assert left == set(), page.request["PATH_INFO"]

"""Nobody can tell whose an answer is: an attacker with all that is stored, who knows when each person answered, finds nothing.

The attacker holds the database (every table, the order of its rows, PostgreSQL's transaction numbers), the ledger, the log of the
processes at its finest, the files of the site, and for each person name, address, machine, the turn in which they answered, and
their letter. An answer is tied to a person where what is stored carries both, or where an order or a shared value leads from one
to the other. So that the attack is one, each fault below is built in and must be found.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sapa.errors import UserError
from sapa_web.common.domain import ledger
from sapa_web.surveys.domain import box, links, surveys
from sapa_web.surveys.models import Answer, Invitee, Slip, Survey
from tests.web import cast
from tests.web.surveys import world

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 14
WORDS = "wish"
ORDERLY = 0.8
"""Rank correlation from which an order tells: by chance two orders of 14 agree so far once in thousands."""


@dataclass
class Person:
    """One respondent, as the attacker knows them."""

    turn: int
    code: str = ""

    @property
    def email(self) -> str:
        return f"parent{self.turn:02}@family.example"

    @property
    def known_by(self) -> list[str]:
        return [self.email, f"Parent Number{self.turn:02}", f"203.0.113.{self.turn + 1}", f"Phone/{self.turn:02}.7", self.code]

    @property
    def words(self) -> str:
        """What they wrote, chosen so that no order of words is the order of turns."""
        return f"opinion-{(self.turn * 5 + 3) % PEOPLE:02}-q"


@dataclass
class Stored:
    """All that is left when everybody has answered."""

    rows: dict[str, list[list[str]]] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)  # words, in the order the table gives its rows
    slips: list[str] = field(default_factory=list)  # digests, likewise
    invited: list[str] = field(default_factory=list)
    numbers: dict[str, set[str]] = field(default_factory=dict)  # PostgreSQL: transaction → what it wrote
    lines: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


def test_nothing_ties_an_answer_to_a_person(people: cast.Cast, caplog: Any) -> None:
    survey, everybody = run(caplog)
    assert attack(stored(survey, caplog), survey, everybody) == []
    surveys.close(world.head(), survey)
    survey.refresh_from_db()
    assert attack(stored(survey, caplog), survey, everybody) == []
    assert Answer.objects.filter(survey=survey).count() == PEOPLE


def run(caplog: Any) -> tuple[Survey, list[Person]]:
    """Letters, answers in turn, each from a machine and a program of its own; some are signed in to the site as well."""
    caplog.set_level(logging.DEBUG)
    survey, head = world.survey(), world.head()
    everybody = [Person(turn) for turn in range(PEOPLE)]
    links.invite(head, survey, [{"email": one.email, "name": one.known_by[1]} for one in everybody])
    mail.outbox.clear()
    links.ask_letters(head, survey)
    letters = {letter.to[0]: letter.body for letter in mail.outbox}
    for one in everybody:
        one.code = letters[one.email].partition("#")[2].split()[0]
    late = everybody[-1]
    for one in everybody:
        if one is late:
            links.ask_reminder(head, survey)
        browser = Client(REMOTE_ADDR=one.known_by[2], headers={"user-agent": one.known_by[3], "x-forwarded-for": one.known_by[2]})
        if one.turn % 5 == 0:
            browser.force_login(head)
        sent = {"safe": "yes", WORDS: one.words, "code": one.code, "seen": ["safe", "meals", "years", "likes", "wish"]}
        browser.get(f"/answer/{survey.key}/")
        browser.post(f"/answer/{survey.key}/", {**sent, "code": links.new_code()})  # mistyped once
        assert browser.post(f"/answer/{survey.key}/", sent).status_code == 302
    box.shake_all(None)  # type: ignore[arg-type]
    return survey, everybody


def stored(survey: Survey, caplog: Any) -> Stored:
    """Take everything."""
    out = Stored(lines=[f"{record.getMessage()} {getattr(record, 'who', '')}" for record in caplog.records])
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            out.rows[table] = [[str(cell) for cell in row] for row in cursor.fetchall()]
        out.answers = [
            json.loads(row[0])[WORDS] if isinstance(row[0], str) else row[0][WORDS] for row in _natural(cursor, Answer, "content")
        ]
        out.slips = [row[0] for row in _natural(cursor, Slip, "digest")]
        if connection.vendor == "postgresql":
            for model, column in ((Answer, "content"), (Slip, "digest"), (Invitee, "email")):
                cursor.execute(f"SELECT xmin::text, {column}::text FROM {model._meta.db_table}")
                for number, value in cursor.fetchall():
                    out.numbers.setdefault(number, set()).add(value)
    out.invited = list(Invitee.objects.unscoped("test").order_by("pk").values_list("email", flat=True))
    for path in [*Path(settings.SAPA_HOME).rglob("*"), *Path(settings.EMAIL_FILE_PATH).rglob("*")]:
        if path.is_file():
            out.files[str(path)] = path.read_bytes()
    return out


def _natural(cursor: Any, model: Any, column: str) -> list[Any]:
    """Rows as the database keeps them: by row number where it has one, by place in PostgreSQL's file."""
    order = "ctid" if connection.vendor == "postgresql" else "rowid"
    try:
        with transaction.atomic():
            cursor.execute(f"SELECT {column} FROM {model._meta.db_table} ORDER BY {order}")
    except Exception:  # a table without row numbers
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table}")
    return list(cursor.fetchall())


def attack(found: Stored, survey: Survey, everybody: list[Person]) -> list[str]:
    """What ties answers to persons; each line names the way."""
    ties = [*_together(found, everybody), *_ordered(found, survey, everybody), *_shared(found, survey, everybody)]
    return ties + _written(found, everybody) + _transactions(found)


def _together(found: Stored, everybody: list[Person]) -> list[str]:
    """A row or a line with an answer's words and something of a person, or anything of the kind of a time."""
    out = []
    for table, rows in found.rows.items():
        for row in rows:
            text = " ".join(row)
            if any(
                one.words in text and any(sign in text for sign in other.known_by) for one in everybody for other in everybody
            ):
                out.append(f"{table}: an answer beside a person")
            if table == Answer._meta.db_table and len(set(json.loads(_content(row))) - {"safe", WORDS}) > 0:
                out.append(f"{table}: more than the answers")
    for line in found.lines:
        if any(one.words in line for one in everybody):
            out.append("log: an answer")
    return out


def _content(row: list[str]) -> str:
    found = next(cell for cell in row if cell.startswith("{"))
    return found if '"' in found else found.replace("'", '"')


def _ordered(found: Stored, survey: Survey, everybody: list[Person]) -> list[str]:
    """Rows in the order of turns, or slips in the order of the list of people."""
    out = []
    turns = {one.words: one.turn for one in everybody}
    if abs(_correlation([turns[words] for words in found.answers])) > ORDERLY:
        out.append("answers stand in the order in which they came")
    digests = {box.digest_of(survey, one.code): one.turn for one in everybody}
    known = [digests[digest] for digest in found.slips if digest in digests]
    if len(known) > 3 and abs(_correlation(known)) > ORDERLY:
        out.append("slips stand in the order of people")
    return out


def _correlation(ranks: list[int]) -> float:
    """Spearman's, of a list of ranks against its own order."""
    n = len(ranks)
    places = {rank: place for place, rank in enumerate(sorted(ranks))}
    return 1 - 6 * sum((place - places[rank]) ** 2 for place, rank in enumerate(ranks)) / (n * (n * n - 1)) if n > 2 else 0.0


def _shared(found: Stored, survey: Survey, everybody: list[Person]) -> list[str]:
    """From a letter's code by its digest to a row of its own that shares a value with an answer's row or a person's."""
    out = []
    dull = {str(survey.pk), "", "0", "1", "True", "False", "None"}
    rows = [(table, set(row) - dull) for table, lines in found.rows.items() for row in lines]
    for one in everybody:
        digest = box.digest_of(survey, one.code)
        near = {digest, one.code}
        for table, row in rows:
            if near & row and table != Slip._meta.db_table:
                out.append(f"{table}: a link's digest or code")
        for table, row in rows:
            if table == Slip._meta.db_table and digest in row and any(
                (row - {digest}) & other for where, other in rows if where == Answer._meta.db_table
            ):  # fmt: skip
                out.append("a slip shares a value with an answer")
    return out


def _written(found: Stored, everybody: list[Person]) -> list[str]:
    """Codes, machines and programs must stand nowhere at all: not in a log, a row, a file."""
    out = []
    for one in everybody:
        for sign in (one.code, one.known_by[2], one.known_by[3]):
            mark = f"{sign} "
            out += [f"log: {sign}" for line in found.lines if mark in f"{line} "]
            out += [f"{table}: {sign}" for table, rows in found.rows.items() if any(sign in cell for row in rows for cell in row)]
        out += [f"{name}: a code" for name, data in found.files.items() if one.code.encode() in data]
    return out


def _transactions(found: Stored) -> list[str]:
    """One transaction that has written one answer and one slip, or one slip and one person."""
    return ["a transaction ties two rows" for wrote in found.numbers.values() if 1 < len(wrote) < 6]


def _reminders(answering: int) -> tuple[list[tuple[str, str, str]], list[str], list[str]]:
    """The first ``answering`` of the people answer, then all are reminded: letters sent, queries asked, rows left."""
    survey, head = world.survey(), world.head()
    addresses = [Person(turn).email for turn in range(PEOPLE)]
    links.invite(head, survey, [{"email": email} for email in addresses])
    mail.outbox.clear()
    links.ask_letters(head, survey)
    codes = {letter.to[0]: letter.body.partition("#")[2].split()[0] for letter in mail.outbox}
    mail.outbox.clear()
    for email in addresses[:answering]:
        assert box.put(survey, box.Ticket(codes[email], personal=True), {"safe": "yes"}) == box.RECEIVED
    box.shake_all(None)  # type: ignore[arg-type]
    with CaptureQueriesContext(connection) as asked:
        links.ask_reminder(head, survey)
    sent = sorted((letter.to[0], letter.subject, letter.body) for letter in mail.outbox)
    columns = ("email", "name", "group", "language", "written", "reminded")
    left = [f"{row}" for row in Invitee.objects.unscoped("test").filter(survey=survey).order_by("email").values_list(*columns)]
    return sent, [query["sql"] for query in asked.captured_queries], left


def test_a_reminder_is_the_same_whoever_has_answered(people: cast.Cast) -> None:
    """The letters, the list of people and what the job reads are equal for a survey nobody, some and all have answered."""
    nobody, some, all_ = _reminders(0), _reminders(PEOPLE // 2), _reminders(PEOPLE)
    assert nobody[0] == some[0] == all_[0]
    assert [to for to, _subject, _body in nobody[0]] == [Person(turn).email for turn in range(PEOPLE)]
    assert len({body for _to, _subject, body in nobody[0]}) == 1
    assert "do nothing" in nobody[0][0][2]
    assert "#" not in nobody[0][0][2]
    assert nobody[2] == some[2] == all_[2]
    for query in (*nobody[1], *some[1], *all_[1]):
        assert not {Slip._meta.db_table, Answer._meta.db_table} & set(query.replace('"', " ").split()), query


def test_a_reminder_comes_once_and_to_no_few(people: cast.Cast, settings: Any) -> None:
    survey, head = world.survey(), world.head()
    links.invite(head, survey, [{"email": Person(turn).email} for turn in range(PEOPLE)])
    with pytest.raises(UserError, match="has been reminded"):
        links.ask_reminder(head, survey)
    links.ask_letters(head, survey)
    links.ask_reminder(head, survey)
    mail.outbox.clear()
    links.invite(head, survey, [{"email": f"late{turn}@family.example"} for turn in range(2)])
    links.ask_letters(head, survey)
    with pytest.raises(UserError, match="fewer than 5"):
        links.ask_reminder(head, survey)
    assert sorted(letter.to[0] for letter in mail.outbox) == ["late0@family.example", "late1@family.example"]
    assert not Slip.objects.filter(survey=survey).count() - PEOPLE - 2, "a reminder makes no links"
    surveys.close(head, survey)
    with pytest.raises(UserError, match="closed"):
        links.ask_reminder(head, survey)


# Faults: each is something somebody might build in, and the attack must see it.


def _at(patch: Any, change: Callable[[dict[str, Any]], None]) -> None:
    made = Answer.objects.create

    def create(**values: Any) -> Any:
        change(values)
        return made(**values)

    patch.setattr(Answer.objects, "create", create)


def fault_time(patch: Any) -> None:
    _at(patch, lambda values: values["content"].update(at="2024-09-16T09:00"))


def fault_running_number(patch: Any) -> None:
    """Keys that count, and rows that stay as they were written."""
    count = iter(range(1000))
    patch.setattr(box, "_rewrite", lambda survey, everything: 0)
    _at(patch, lambda values: values.update(id=f"{next(count):032}"))


def fault_key_of_link(patch: Any) -> None:
    put = box.put

    def tied(survey: Survey, ticket: box.Ticket, content: dict[str, object]) -> str:
        with pytest.MonkeyPatch.context() as inner:
            _at(inner, lambda values: values.update(group=box.digest_of(survey, ticket.secret)[:40]))
            Slip.objects.filter(digest=box.digest_of(survey, ticket.secret)).update(
                group=box.digest_of(survey, ticket.secret)[:40]
            )
            return put(survey, ticket, content)

    patch.setattr(box, "put", tied)


def fault_ledger(patch: Any) -> None:
    put = box.put

    def told(survey: Survey, ticket: box.Ticket, content: dict[str, object]) -> str:
        with transaction.atomic():
            ledger.append("system:box", "survey.answered", obj=survey, data={"code": ticket.secret})
        return put(survey, ticket, content)

    patch.setattr(box, "put", told)


def fault_log(patch: Any) -> None:
    put = box.put

    def told(survey: Survey, ticket: box.Ticket, content: dict[str, object]) -> str:
        logging.getLogger("sapa").info("answer %s", content.get(WORDS))
        return put(survey, ticket, content)

    patch.setattr(box, "put", told)


def fault_trace(patch: Any) -> None:
    """The machine's address stays on the request, and a refused answer is logged with it."""
    patch.setattr("sapa_web.common.edge.Traceless.__call__", lambda self, request: _logged(self, request))


def _logged(self: Any, request: Any) -> Any:
    logging.getLogger("sapa").info("from %s ", request.META.get("REMOTE_ADDR"))
    return self.get_response(request)


def fault_codes_kept(patch: Any) -> None:
    patch.setattr(box, "digest_of", lambda survey, secret: secret)


def fault_reminds_who_has_not_answered(patch: Any) -> None:
    """Somebody marks on the list who has answered, to remind the others."""
    put = box.put

    def marked(survey: Survey, ticket: box.Ticket, content: dict[str, object]) -> str:
        out = put(survey, ticket, content)
        waiting = Invitee.objects.unscoped("test").filter(survey=survey, group="").order_by("pk").first()
        if waiting is not None and out == box.RECEIVED:
            Invitee.objects.unscoped("test").filter(pk=waiting.pk).update(group=f"{content.get(WORDS)}")
        return out

    patch.setattr(box, "put", marked)


def fault_letters_filed(patch: Any) -> None:
    made = links.letter

    def letter(*arguments: Any) -> Any:
        found = made(*arguments)
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{found.to[0]}.log").write_text(found.body)
        return found

    patch.setattr(links, "letter", letter)


FAULTS = [
    fault_time, fault_running_number, fault_key_of_link, fault_ledger,
    fault_log, fault_trace, fault_codes_kept, fault_letters_filed, fault_reminds_who_has_not_answered,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.removeprefix("fault_"))
def test_each_fault_is_found(fault: Callable[[Any], None], people: cast.Cast, caplog: Any, tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    with pytest.MonkeyPatch.context() as patch:
        fault(patch)
        survey, everybody = run(caplog)
        assert attack(stored(survey, caplog), survey, everybody) != []


def test_the_tables_know_no_order(people: cast.Cast) -> None:
    """A migration that alters them on SQLite must end with ``forget_order``."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no tables without places: rows are mixed instead, which the attack tries")
    with connection.cursor() as cursor:
        for model in (Answer, Slip):
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [model._meta.db_table])
            assert cursor.fetchone()[0].endswith("WITHOUT ROWID")


def test_no_column_could_tell() -> None:
    """What an answer and a slip hold is named here; whoever adds a column thinks of this test."""
    assert {item.name for item in Answer._meta.fields} == {"id", "survey", "group", "content", "shaken"}
    assert {item.name for item in Slip._meta.fields} == {"digest", "survey", "group", "used"}
    assert {item.name for item in Invitee._meta.fields} == {
        "id",
        "survey",
        "name",
        "email",
        "group",
        "language",
        "written",
        "reminded",
    }

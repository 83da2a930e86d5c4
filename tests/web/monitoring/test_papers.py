"""Papers from the figures: issued once, fixed, published only where the regulation hands them to the public."""

from __future__ import annotations

from datetime import date

import pytest

from sapa.publication.papers import paper_docx, paper_pdf
from sapa_web.monitoring.domain import documents, measures
from sapa_web.monitoring.models import Document
from tests.web import cast
from tests.web.monitoring import world

pytestmark = pytest.mark.django_db
DAY = date(2024, 9, 16)


def measured(people: cast.Cast) -> None:
    place = cast.organisation(cast.SCHOOL)
    for year, share in (("2023", 40), ("2024", 55)):
        measures.enter(
            people.head, place, world.PACK, year, "learners-health", "sport-share", numerator=share, denominator=100,
            source="Lists of sections", day=DAY,
        )  # fmt: skip


def said(document: Document) -> str:
    paper = documents.paper_of(document)
    cells = [cell for part in paper.sections for table in part.tables for row in table.rows for cell in row]
    return " ".join([*paper.words, *cells, *(text for part in paper.sections for text in part.words)])


def test_a_note_is_drawn_from_its_object_and_fixed_when_issued(people: cast.Cast) -> None:
    measured(people)
    watch = world.watch(world.in_force(people), "health")
    note = documents.draft(people.head, watch.line.programme.organisation, world.PACK, "note", "2024", watch)
    documents.write(people.head, note, title="On health", words="More children do sport.", decisions="")
    assert "number" in world.refused(documents.issue, people.head, note, number="", dated=DAY)
    note = documents.issue(people.head, note, number="3", dated=DAY)
    for text in ("More children do sport.", "40.0", "55.0", "better"):
        assert text in said(note)
    assert "Share of graduates" not in said(note)  # of another criterion
    before = note.content
    measures.enter(
        people.head, note.organisation, world.PACK, "2024", "learners-health", "sport-share", value=1.0, source="x", day=DAY
    )
    assert documents.paper_of(Document.followed.get(pk=note.pk)).model_dump(mode="json") == before
    assert "issued" in world.refused(documents.write, people.head, note, title="", words="", decisions="")
    paper = documents.paper_of(note)
    assert paper_pdf(paper).startswith(b"%PDF")
    assert paper_docx(paper).startswith(b"PK")


def test_an_order_decides_and_stays_inside_the_public_report_goes_out(people: cast.Cast) -> None:
    measured(people)
    place = cast.organisation(cast.SCHOOL)
    order = documents.draft(people.head, place, world.PACK, "order", "2024")
    assert "decides" in world.refused(documents.issue, people.head, order, number="81", dated=DAY)
    documents.write(people.head, order, title="", words="", decisions="Open a section.\nReport in May.")
    order = documents.issue(people.head, order, number="81", dated=DAY)
    assert documents.paper_of(order).decisions == ("Open a section.", "Report in May.")
    assert "staff only" in world.refused(documents.publish, people.head, order)
    report = documents.draft(people.head, place, world.PACK, "public-report", "2024")
    assert "not possible" in world.refused(documents.publish, people.head, report)
    report = documents.issue(people.head, report, number="1", dated=DAY)
    assert "reading of it" in said(report)
    assert documents.publish(people.head, report).state == Document.PUBLISHED


def test_the_self_examination_says_whose_list_it_is(people: cast.Cast) -> None:
    made = documents.draft(people.head, cast.organisation(cast.SCHOOL), world.PACK, "self-examination", "2024")
    assert "our own" in said(made)


def test_the_acquaintance_sheet_is_signed_once_and_not_before(people: cast.Cast) -> None:
    made = documents.draft(people.head, cast.organisation(cast.SCHOOL), world.PACK, "public-report", "2024")
    assert "nothing to be acquainted" in world.refused(documents.acquaint, people.teacher, made)
    made = documents.issue(people.head, made, number="1", dated=DAY)
    assert documents.acquaint(people.teacher, made).name == "Teacher"
    assert "already" in world.refused(documents.acquaint, people.teacher, made)


def test_a_part_and_a_whole_give_a_share_or_a_ratio_as_the_unit_says(people: cast.Cast) -> None:
    place = cast.organisation(cast.SCHOOL)

    def entered(sign: str, part: float, whole: float) -> float:
        given = {"numerator": part, "denominator": whole, "source": "Lists of the nurse", "day": DAY}
        return float(measures.enter(people.head, place, world.PACK, "2024", "learners-health", sign, **given).value)

    assert entered("sport-share", 55, 220) == 25
    assert entered("deviation-ratio", 30, 20) == 1.5
    assert "larger than the whole" in world.refused(entered, "sport-share", 30, 20)

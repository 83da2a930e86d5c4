"""The work on a release: who may do what, what stands against it, when it is public, how it is amended."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from sapa.errors import UserError
from sapa_web.common import clock
from sapa_web.orgs.models import Membership, User
from sapa_web.portal.domain import preparing, releasing, sources
from sapa_web.portal.domain.checklist import checklist, standing_against
from sapa_web.portal.domain.queries import published
from sapa_web.portal.files import published_store
from sapa_web.portal.models import Release
from tests.web import cast
from tests.web.indicators.world import PERIODS

LANGUAGES = [code for code, _name in settings.LANGUAGES]
EVERY = {code: f"Headline {code}" for code in LANGUAGES}


@pytest.fixture(autouse=True)
def _only_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """One format is enough for most tests; one of them makes all."""
    monkeypatch.setattr(preparing, "PARTS", ("document",))


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """The standing cast, and the head of the ministry."""
    made = cast.build().people
    chief = User.objects.create_user("chief@example.org", cast.PASSWORD, name="Chief")
    Membership.objects.create(user=chief, organisation=cast.organisation("REP"), role="head", valid_from=cast.SINCE)
    return {**made, "chief": chief}


@pytest.fixture
def draft(people: dict[str, User], frozen: Path) -> Release:
    """A prepared release of the newest frozen year: figures, words, documents."""
    release = releasing.start(people["manager"], releasing.publication_of(cast.PACK, "yearbook"), PERIODS[-1])
    preparing.make_ready("system:test", release)
    return Release.objects.get(pk=release.pk)


def completed(draft: Release, people: dict[str, User]) -> Release:
    """What only people can decide is decided."""
    releasing.write(people["manager"], draft, headline=EVERY, next_on=date(2027, 12, 1))
    for section in draft.sections.all():
        releasing.write_section(people["manager"], draft, section.chapter, {code: f"Words {code}" for code in LANGUAGES})
    assert [check.id for check in standing_against(Release.objects.get(pk=draft.pk))] == ["documents"]
    preparing.make_ready("system:test", Release.objects.get(pk=draft.pk))
    return Release.objects.get(pk=draft.pk)


def test_a_prepared_release_has_figures_words_documents_and_a_quality_report(
    draft: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "PARTS", ("document", "workbook", "docx", "html"))
    preparing.make_ready("system:test", draft)
    draft = Release.objects.get(pk=draft.pk)
    assert draft.data is not None
    assert draft.data.protection["audit"]["exposed"] == 0
    assert {item["language"] for item in draft.files if item["kind"] == "pdf"} == set(LANGUAGES)
    assert {item["kind"] for item in draft.files} == {"pdf", "docx", "html", "xlsx", "data"}
    assert all(len(published_store().read(item["path"])) == item["size"] for item in draft.files)
    assert draft.quality["period"] == PERIODS[-1]
    assert all(section.generated for section in draft.sections.all())


def test_what_is_prepared_again_is_the_same_and_keeps_what_a_person_wrote(
    draft: Release, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = draft.sections.all()[0]
    releasing.write_section(people["manager"], draft, first.chapter, {"en": "By a person"})
    monkeypatch.setattr(preparing, "PARTS", ("document", "html"))
    preparing.make_ready("system:test", draft)
    again = Release.objects.get(pk=draft.pk)
    assert again.data_id == draft.data_id
    assert again.sections.get(chapter=first.chapter).text == {"en": "By a person"}
    page = next(item for item in again.files if item["name"].endswith(".en.html"))
    assert "By a person" in published_store().read(page["path"]).decode()
    preparing.make_ready("system:test", again)
    assert Release.objects.get(pk=draft.pk).files == again.files


def test_checks_stand_against_it_until_people_have_done_their_part(draft: Release, people: dict[str, User]) -> None:
    assert {"next"} <= {check.id for check in standing_against(draft)}
    assert standing_against(completed(draft, people)) == []


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        ({"headline": {"en": "Only English"}}, "languages"),
        ({"next_on": None}, "next"),
        ({"key_figures": []}, "key-figures"),
        ({"quality": {}}, "quality"),
        ({"data": None}, "frozen"),
    ],
)
def test_each_check_can_fail(draft: Release, people: dict[str, User], spoil: dict[str, Any], check: str) -> None:
    release = completed(draft, people)
    for name, value in spoil.items():
        setattr(release, name, value)
    release.save()
    assert check in {item.id for item in standing_against(release)}


def test_a_version_without_an_audit_or_with_a_strange_root_is_refused(draft: Release, people: dict[str, User]) -> None:
    release = completed(draft, people)
    assert release.data is not None
    release.data.protection = {}
    release.data.roots = {PERIODS[-1]: "ab" * 32}
    release.data.save()
    assert {item.id for item in standing_against(release)} == {"disclosure", "frozen"}


def test_an_external_source_is_the_file_that_was_registered(draft: Release, people: dict[str, User]) -> None:
    given = {"issuer": "Statistics office", "title": "Population", "dated": date(2024, 1, 1), "name": "population.csv"}
    source = sources.register(people["manager"], draft, **given, content=b"region,people\n")
    release = completed(draft, people)
    assert standing_against(release) == []
    published_store().write(source.path, b"region,people\nR1,1\n")
    assert [item.id for item in standing_against(release)] == ["external"]


def test_an_empty_section_and_unread_words_are_told(draft: Release, people: dict[str, User]) -> None:
    warned = {item.id for item in checklist(draft) if not item.blocks and not item.passed}
    assert "read" in warned
    release = completed(draft, people)
    release.sections.all()[0].delete()
    assert "sections" in {item.id for item in standing_against(release)}


def test_nobody_approves_his_own(draft: Release, people: dict[str, User]) -> None:
    release = completed(draft, people)
    releasing.submit(people["manager"], release)
    with pytest.raises(UserError, match="his own"):
        releasing.approve(people["manager"], release)
    releasing.approve(people["chief"], release)
    assert Release.objects.get(pk=release.pk).state == Release.APPROVED


def test_it_is_approved_against_a_check_only_with_a_name_and_a_reason(draft: Release, people: dict[str, User]) -> None:
    releasing.submit(people["manager"], draft)
    with pytest.raises(UserError, match="stands against"):
        releasing.approve(people["chief"], draft)
    for check in standing_against(draft):
        with pytest.raises(UserError, match="reason"):
            releasing.pass_over(people["manager"], draft, check.id, " ")
        releasing.pass_over(people["manager"], draft, check.id, "The minister has asked for it today")
    releasing.approve(people["chief"], draft)
    assert {item.name for item in draft.overrides.all()} == {people["manager"].name}


def scheduled(draft: Release, people: dict[str, User]) -> Release:
    """Announced for the next hour."""
    release = completed(draft, people)
    releasing.submit(people["manager"], release)
    releasing.approve(people["chief"], release)
    return releasing.schedule(people["manager"], release, clock.now() + timedelta(hours=1))


def test_it_is_public_from_its_minute_on_and_noted_by_the_job(draft: Release, people: dict[str, User]) -> None:
    release = scheduled(draft, people)
    assert release.publish_at is not None
    assert list(published.releases(release.publish_at - timedelta(seconds=1))) == []
    with clock.standing_at(release.publish_at):
        assert [item.pk for item in published.releases(clock.now())] == [release.pk]
        with pytest.raises(UserError, match="public already"):
            releasing.withdraw(people["manager"], release)
        assert [item.pk for item in releasing.publish_due("system:test")] == [release.pk]
    assert Release.objects.get(pk=release.pk).state == Release.PUBLISHED


def test_an_amendment_is_a_further_version_with_a_note(draft: Release, people: dict[str, User]) -> None:
    release = scheduled(draft, people)
    with pytest.raises(UserError, match="only what is public"):
        releasing.amend(people["manager"], release, {"en": "Wrong"})
    assert release.publish_at is not None
    with clock.standing_at(release.publish_at):
        with pytest.raises(UserError, match="note"):
            releasing.amend(people["manager"], release, {"en": " "})
        amended = releasing.amend(people["manager"], release, {"en": "One district was counted twice"})
        assert (amended.version, amended.state) == (2, Release.DRAFT)
        assert amended.sections.count() == release.sections.count()
        assert [item.pk for item in published.releases(clock.now())] == [release.pk]


def test_what_is_handed_in_is_not_changed_under_the_reviewer(draft: Release, people: dict[str, User]) -> None:
    release = completed(draft, people)
    releasing.submit(people["manager"], release)
    with pytest.raises(UserError, match="draft"):
        releasing.write(people["manager"], release, headline=EVERY, next_on=None)
    releasing.send_back(people["chief"], release, "Explain the fall in the north")
    releasing.write(people["manager"], release, headline=EVERY, next_on=date(2027, 12, 1))


def test_the_pages_lead_through_the_work(draft: Release, people: dict[str, User]) -> None:
    manager, chief = Client(), Client()
    manager.force_login(people["manager"])
    chief.force_login(people["chief"])
    page = f"/releases/{draft.pk}/"
    assert "Yearbook" in manager.get("/releases/").content.decode() or "yearbook" in manager.get("/releases/").content.decode()
    manager.post(f"{page}change/headline/", {**{f"text_{code}": text for code, text in EVERY.items()}, "next_on": "2027-12-01"})
    for section in draft.sections.all():
        sent = {f"text_{code}": f"Words {code}" for code in LANGUAGES}
        assert manager.post(f"{page}section/{section.chapter}/", sent).status_code == 302
    preparing.make_ready("system:test", Release.objects.get(pk=draft.pk))
    assert manager.post(f"{page}do/submit/").status_code == 302
    assert manager.post(f"{page}do/approve/").status_code == 404
    assert chief.post(f"{page}do/approve/").status_code == 302
    minute = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert manager.post(f"{page}do/schedule/", {"at": minute}).status_code == 302
    assert Release.objects.get(pk=draft.pk).state == Release.SCHEDULED
    shown = manager.get(page).content.decode()
    assert "Headline en" in shown


@pytest.mark.parametrize("who", ["secretary", "officer", "analyst", "region", "administrator"])
def test_releases_are_no_business_of_others(draft: Release, people: dict[str, User], who: str) -> None:
    client = Client()
    client.force_login(people[who])
    assert client.get("/releases/").status_code in (403, 404)
    assert client.get(f"/releases/{draft.pk}/").status_code in (403, 404)

"""A local regulation by its pages: from a draft in forms to the page everybody reads, and who may do what."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sapa_web.monitoring.domain import inforce, measures, regulations
from sapa_web.monitoring.models import Comment, Edition
from sapa_web.orgs.models import Membership
from tests.web import cast
from tests.web.monitoring import world

pytestmark = pytest.mark.django_db
TOLD = "The council has decided so."


@pytest.fixture(autouse=True)
def _own_home(tmp_path: object, settings: Any) -> None:
    settings.SAPA_HOME = tmp_path


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def to(name: str, *args: object) -> str:
    return reverse(f"monitoring:{name}", args=args)


def edition() -> Edition:
    return Edition.objects.unscoped("test").get()


def drafted(client: Client) -> Edition:
    client.post(to("draft", cast.SCHOOL), {"pack": world.PACK, "title": "Our regulation"})
    return edition()


def test_from_draft_to_the_public_page(people: cast.Cast) -> None:
    head, teacher, anybody = as_(people.head), as_(people.teacher), Client()
    pk = drafted(head).pk
    listed = head.get(to("choose", pk), {"q": "sport"}).content.decode()
    assert "sport-share" in listed
    assert "parents-active-share" not in listed
    head.post(to("change", pk, "drop-sign", "learners-health~deviation-ratio"), {"provision": TOLD})
    line = {"title": "Health of all", "form": "periodic", "periodicity": "month", "level": "administration",
            "responsible": ["head"], "products": ["note"], "provision": TOLD}  # fmt: skip
    head.post(to("change", pk, "put-line", "health"), line)
    head.post(to("edition_text", pk), {"title": "Our regulation", "text": "We watch health.", "starts_on": "2024-10-01"})
    page = head.get(to("edition", pk)).content.decode()
    assert all(words in page for words in ("Health of all; every month", "taken out", TOLD, "We watch health."))
    assert anybody.get(to("edition_public", cast.SCHOOL, pk)).status_code == 404
    head.post(to("edition_act", pk, "discuss"), {"until": "2024-09-20"})
    teacher.post(to("comment", pk), {"text": "Too often."})
    protocol = {"council": "Pedagogical council", "number": "1", "dated": "2024-09-12"}
    assert "no answer" in head.post(to("edition_act", pk, "adopt"), protocol).content.decode()
    head.post(to("answer", pk, Comment.objects.unscoped("test").get().pk), {"text": "It stays."})
    head.post(to("edition_act", pk, "adopt"), protocol)
    head.post(to("edition_act", pk, "approve"), {"number": "80", "dated": "2024-09-14", "text": ""})
    assert anybody.get(to("edition_public", cast.SCHOOL, pk)).status_code == 404  # in force, and not yet published
    head.post(to("edition_act", pk, "publish"))
    shown = anybody.get(to("edition_public", cast.SCHOOL, pk)).content.decode()
    assert "Health of all; every month" in shown
    assert "Too often." not in shown  # the discussion stays inside
    place = cast.organisation(cast.SCHOOL)
    rules = {day: inforce.pack_in_force(place, world.PACK, day) for day in (date(2024, 9, 30), date(2024, 10, 1))}
    often = [next(item.periodicity for item in rule.monitoring if item.id == "health") for rule in rules.values()]
    assert often == ["half-year", "month"]


def test_a_change_is_undone_and_one_that_names_nothing_is_not_there(people: cast.Cast) -> None:
    head = as_(people.head)
    pk = drafted(head).pk
    head.post(to("change", pk, "put-sign", "learners-health~new"),
              {"title": "Walks", "direction": "higher", "key": "on", "provision": TOLD})  # fmt: skip
    assert [(item["sign"], item["key"]) for item in edition().changes] == [("own-1", True)]
    assert head.get(to("change", pk, "put-sign", "learners-health~own-1")).context["form"].initial["title"] == "Walks"
    head.post(to("edition_undo", pk, 0))
    assert edition().changes == []
    for kind, thing in (("drop-line", "nothing"), ("put-sign", "nothing~new"), ("burn", "health"), ("drop-criterion", "new")):
        assert head.get(to("change", pk, kind, thing)).status_code == 404


def test_words_that_stay_keep_the_languages_of_the_document(people: cast.Cast) -> None:
    head = as_(people.head)
    pk = drafted(head).pk
    address = to("change", pk, "put-sign", "learners-health~sport-share")
    now = head.get(address).context["form"].initial
    head.post(address, {"title": now["title"], "direction": now["direction"], "provision": TOLD})
    kept = edition().changes[0]
    assert set(kept["title"].values()) != {now["title"]}
    assert kept["figures"]
    head.post(address, {"title": "Sport", "direction": "higher", "provision": TOLD})
    assert set(edition().changes[0]["title"].values()) == {"Sport"}


def test_the_effect_on_the_own_appraisal_is_seen_before_it_holds(people: cast.Cast) -> None:
    """Sport 60 and parents 20 of key indicators known; without the parents' criterion the appraisal rises."""
    place, head = cast.organisation(cast.SCHOOL), as_(people.head)
    for criterion, sign, part in (("learners-health", "sport-share", 60), ("parents-readiness", "parents-active-share", 20)):
        measures.enter(people.head, place, world.PACK, "2024", criterion, sign, numerator=part, denominator=100,
                       source="Lists", day=date(2024, 9, 14))  # fmt: skip
    made = drafted(head)
    for name in (
        "results-by-level",
        "external-evaluation",
        "learners-socialisation",
        "teachers-potential",
        "learning-conditions",
    ):
        made = regulations.change(people.head, made, {"kind": "drop-criterion", "criterion": name, "provision": TOLD})
    drop = {"kind": "drop-sign", "criterion": "learners-health", "sign": "deviation-ratio", "provision": TOLD}
    made = regulations.change(people.head, made, drop)
    (effect,) = head.get(to("edition", made.pk)).context["effect"]
    assert effect.after == pytest.approx(0.4)
    head.post(to("change", made.pk, "drop-criterion", "parents-readiness"), {"provision": TOLD})
    (effect,) = head.get(to("edition", made.pk)).context["effect"]
    assert effect.after == pytest.approx(0.6)
    assert inforce.edition_in_force(place, world.PACK, date(2030, 1, 1)) is None


def test_who_may_do_what(people: cast.Cast) -> None:
    head, teacher = as_(people.head), as_(people.teacher)
    pk = drafted(head).pk
    assert teacher.get(to("edition", pk)).status_code == 200
    for name, args in (("choose", (pk,)), ("edition_text", (pk,)), ("edition_act", (pk, "discuss")), ("draft", (cast.SCHOOL,))):
        assert teacher.get(to(name, *args)).status_code == 403
    for other in (people.sibling_head, people.elsewhere):
        assert as_(other).get(to("edition", pk)).status_code == 404
        assert as_(other).post(to("edition_act", pk, "discuss"), {"until": "2024-09-20"}).status_code == 404
    Membership.objects.filter(user=people.secretary).update(role="deputy")
    deputy = as_(people.secretary)
    assert deputy.get(to("edition_act", pk, "discuss")).status_code == 200
    assert deputy.post(to("edition_act", pk, "approve"), {"number": "80", "dated": "2024-09-14"}).status_code == 403  # the head's
    assert edition().state == Edition.DRAFT

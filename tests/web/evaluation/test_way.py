"""A self-assessment from an empty system to a public report, by the verbs and by the pages."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pypdf
import pytest

from sapa.errors import UserError
from sapa_web.common.clock import today
from sapa_web.common.domain import ledger
from sapa_web.common.scope import Scope
from sapa_web.evaluation.domain import assessments, gathering, improving, publishing, systems
from sapa_web.evaluation.domain.assessments import proposed_days, requirements_of
from sapa_web.evaluation.domain.content import inside_content
from sapa_web.evaluation.domain.queries.results import results_of
from sapa_web.evaluation.domain.queries.systems import components_of, tree_now
from sapa_web.evaluation.models import Assessment, Component, Evidence, Measure, Published
from sapa_web.orgs.inside import InsideScope
from sapa_web.orgs.models import User
from tests.web import cast
from tests.web.evaluation import world


def again(made: Assessment) -> Assessment:
    return Assessment.objects.unscoped("test").get(pk=made.pk)


def test_the_system_comes_with_seven_components_and_takes_own_ones(head: User) -> None:
    system = world.system(head)
    assert len(components_of(system)) == 7
    own = systems.add_component(head, system, "Safety in war", systems.Described(measures="Shelter"))
    first = components_of(system)[0].component
    with pytest.raises(UserError, match="nothing to check"):
        systems.check(head, first, "yes", "", today())
    systems.describe(head, first, systems.Described(measures="a", procedures="b"))
    systems.check(head, first, "part", "seen", today())
    with pytest.raises(UserError, match="law names"):
        systems.retire(head, first)
    systems.retire(head, own)
    assert [item.component.code for item in components_of(system, retired=True)] == ["own-1"]
    systems.retire(head, own, back=True)
    assert len(components_of(system)) == 8
    with pytest.raises(UserError, match="already"):
        world.system(head)


def test_own_criteria_and_levels_replace_the_indicative_ones_and_what_began_keeps_its_own(head: User) -> None:
    system = world.system(head)
    made = assessments.move(head, world.plan(head, system), "begin")
    many = len(requirements_of(made))
    systems.drop_line(head, system, "environment.inclusive", "requirement", "environment")
    systems.add_line(head, system, "requirement", "environment", systems.Line("A yard of our own", methods=("observation",)))
    systems.set_levels(head, system, [("Works", "always"), ("In part", ""), ("Not yet", "")])
    tree = tree_now(system)
    assert not tree.has("environment.inclusion")
    assert tree.find("own-1").own
    assert len(requirements_of(again(made))) == many, "frozen when the collection began"
    other = assessments.move(head, world.plan(head, system, period="2025"), "begin")
    assert "own-1" in requirements_of(other)
    assert [item["code"] for item in other.levels["items"]] == ["own-1", "own-2", "own-3"]
    systems.restore_line(head, system, "environment.inclusive")
    assert tree_now(system).has("environment.inclusion.access")


def test_each_step_says_what_it_lacks(head: User) -> None:
    system = world.system(head)
    days = proposed_days(today())
    plan = assessments.Plan("2024", "yearly-complex", (), "Olena", **days)
    with pytest.raises(UserError, match="backwards"):
        assessments.plan(head, system, assessments.Plan(**{**vars(plan), "rate_by": today() - timedelta(days=1)}))
    with pytest.raises(UserError, match="no direction"):
        assessments.plan(head, system, assessments.Plan(**{**vars(plan), "model": "yearly-directions"}))
    with pytest.raises(UserError, match="own model"):
        assessments.plan(head, system, assessments.Plan(**{**vars(plan), "model": "own"}))
    made = assessments.plan(head, system, plan)
    assert made.directions == ["environment", "children", "professional", "management"]
    with pytest.raises(UserError, match="no working group"):
        assessments.move(head, made, "begin")
    small = world.plan(head, system)
    found = assessments.move(head, small, "begin")
    with pytest.raises(UserError, match="no evidence"):
        assessments.move(head, found, "rate")
    with pytest.raises(UserError, match="not possible"):
        assessments.move(head, found, "decide")
    code = requirements_of(found)[0]
    gathering.add(head, found, code, gathering.Found(code, "interview", "a talk", "", today(), "first"))
    found = assessments.move(head, found, "rate")
    with pytest.raises(UserError, match="no source"):
        gathering.rate(head, found, requirements_of(found)[1], level="first", reason="x")
    with pytest.raises(UserError, match="needs a reason"):
        gathering.rate(head, found, code, level="first", reason=" ")
    with pytest.raises(UserError, match="no level"):
        assessments.move(head, found, "discuss")
    assert again(found).state == Assessment.RATING


def test_sources_that_part_must_be_explained(head: User) -> None:
    found = world.collected(head, world.plan(head, world.system(head)))
    code = requirements_of(found)[0]
    gathering.add(head, found, code, gathering.Found(code, "interview", "a talk", "no plan", today(), "fourth"))
    found = assessments.move(head, found, "rate")
    seen = gathering.triangulated(found, code)
    assert (seen.agreement, seen.lowest) == ("apart", ("interview",))
    with pytest.raises(UserError, match="sources part"):
        gathering.rate(head, found, code, level="second", reason="most say so")
    gathering.rate(head, found, code, level="second", reason="most say so", disagreement="one talk, before the plan")
    assert "one talk" in str(inside_content(found))


def test_evidence_that_is_taken_back_does_not_count_and_can_return(head: User) -> None:
    found = world.collected(head, world.plan(head, world.system(head)))
    code = requirements_of(found)[0]
    for item in Evidence.objects.unscoped("test").filter(requirement=code):
        gathering.withdraw(head, item)
    assert gathering.triangulated(found, code).agreement == "none"
    gathering.withdraw(head, Evidence.objects.unscoped("test").filter(requirement=code).first(), back=True)
    assert gathering.triangulated(found, code).agreement == "single"


def test_a_low_level_needs_a_measure_and_its_effect_is_checked(head: User) -> None:
    made = world.plan(head, world.system(head))
    found = assessments.move(head, world.rated(head, made, {"environment.no-violence": "third"}), "discuss")
    assert [x.node.code for x in results_of(found).lines if x.standing == "difficulty"] == ["environment.no-violence"]
    assert assessments.unanswered_of(found) == ("environment.no-violence",)
    measure = improving.plan(head, found, world.measure("environment.no-violence", expected_level="second"))
    assert assessments.unanswered_of(found) == ()
    with pytest.raises(UserError, match="not been carried out"):
        improving.check_effect(head, measure, "second", "x")
    improving.done(head, measure, today())
    assert improving.check_effect(head, measure, "third", "still the same").effect == "none"
    with pytest.raises(UserError, match="checked already"):
        improving.plan(head, found, world.measure("environment.no-violence"), measure)
    assert Measure.objects.unscoped("test").get(pk=measure.pk).effect_level == "third"


def test_the_years_are_held_against_each_other(head: User) -> None:
    system = world.system(head)
    world.decided(head, world.plan(head, system, period="2023"), {"environment.no-violence": "third"})
    now = world.rated(head, world.plan(head, system, period="2024"))
    line = next(item for item in results_of(now).lines if item.node.code == "environment.no-violence")
    assert line.course is not None
    assert (line.course.steps, line.direction, line.standing) == ((("2023", "third"), ("2024", "second")), "up", "strength")


def test_published_withdrawn_and_published_anew(head: User, client: Any) -> None:
    made = world.published(head, world.plan(head, world.system(head)))
    shown = Published.objects.get()
    page = client.get(f"/statistics/quality/{cast.KINDERGARTEN}/")
    assert page.status_code == 200
    assert world.TOLD in page.content.decode()
    assert world.SECRET not in page.content.decode()
    for item in shown.files:
        file = client.get(f"/statistics/quality/{cast.KINDERGARTEN}/2024/{item['name']}")
        assert file.status_code == 200
        assert world.SECRET.encode() not in file.content
        if item["name"].endswith("pdf"):
            told = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file.content)).pages)
            assert world.TOLD in told
            assert world.SECRET not in told
    publishing.withdraw(head, made)
    assert client.get(f"/statistics/quality/{cast.KINDERGARTEN}/").status_code == 404
    assert client.get(f"/statistics/quality/{cast.KINDERGARTEN}/2024/{shown.files[0]['name']}").status_code == 404
    assert "Noram kindergarten" not in client.get("/statistics/quality/").content.decode()
    publishing.publish(head, again(made), world.Chosen())
    assert Published.objects.filter(withdrawn_at=None).get().version == 2
    assert not list(ledger.faults())


def test_no_scope_from_above_is_even_taken(head: User) -> None:
    world.system(head)
    with pytest.raises(TypeError, match="belongs to the institution alone"):
        Component.objects.for_scope(Scope())
    assert list(Component.objects.for_scope(InsideScope())) == []

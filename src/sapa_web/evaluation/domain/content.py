"""The content of a report: for the institution itself with everything, for everybody with what may leave and was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sapa.publication.assessment import words
from sapa.publication.language import language as document_language
from sapa_web.common.clock import today
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain.policy import require_leave
from sapa_web.evaluation.domain.queries.results import Line, Results, results_of
from sapa_web.evaluation.domain.queries.systems import components_of, text
from sapa_web.evaluation.models import Assessment, Evidence, Measure, Meeting, Member, System
from sapa_web.evaluation.words import BODIES, METHODS, MODELS, SCOPES, language, word


@dataclass(frozen=True)
class Chosen:
    """What the institution tells. Evidence, answers and notes are never among it."""

    reasons: bool = True
    findings: bool = True  # strengths and difficulties
    plan: bool = True
    minutes: bool = False
    names: bool = False  # of those who own measures and sat in groups


def inside_content(assessment: Assessment) -> dict[str, Any]:
    """The whole report, for people of the institution."""
    return _content(assessment, Chosen(minutes=True, names=True), inside=True)


def public_content(assessment: Assessment, chosen: Chosen) -> dict[str, Any]:
    """What is published: results only. Raises ``RefusedError`` where the pack lets not even that leave."""
    require_leave(pack_named(assessment.pack), "results", published=True)
    return _content(assessment, chosen, inside=False)


def _content(assessment: Assessment, chosen: Chosen, *, inside: bool) -> dict[str, Any]:
    results, lang = results_of(assessment), document_language(language())
    s = words(lang.code)
    found = chosen.findings
    return {
        "lang": lang.code,
        "institution": str(assessment.organisation),
        "period": assessment.period,
        "date": [today().year, today().month, today().day],
        "inside": inside,
        "published": s["published"].format(date=lang.date(today())),
        "purpose": True,
        "facts": _facts(assessment, s, lang, chosen),
        "levels": [{"title": text(item.title), "note": text(item.note)} for item in results.levels.items],
        "directions": _directions(assessment, results, s, chosen, inside),
        "summary": assessment.summary,
        "decision": assessment.decision if inside or chosen.minutes else "",
        "strengths": _told(results.of("strength"), "strengths") if found else [],
        "difficulties": _told(results.of("difficulty"), "difficulties") if found else [],
        "plan": _plan(assessment, lang, chosen) if chosen.plan else [],
        "meetings": _meetings(assessment, s, lang) if chosen.minutes else [],
        "components": _components(assessment) if inside else [],
    }


def _facts(assessment: Assessment, s: dict[str, str], lang: Any, chosen: Chosen) -> list[list[str]]:
    pack = pack_named(assessment.pack)
    model = assessment.own_model or word(pack, MODELS, assessment.model)
    out = [
        [s["model"], model], [s["scope"], word(pack, SCOPES, assessment.scope)], [s["responsible"], assessment.responsible],
        [s["time"], f"{lang.date(assessment.begins_on)} – {lang.date(assessment.publish_by)}"],
        [s["methods"], _methods(assessment)],
    ]  # fmt: skip
    if chosen.names:
        rows = Member.objects.unscoped("found in reach").filter(assessment=assessment)
        out.append([s["groups"], ", ".join(dict.fromkeys(rows.values_list("name", flat=True)))])
    return [pair for pair in out if pair[1]]


def _methods(assessment: Assessment) -> str:
    """How many sources of each method: numbers, not what they said."""
    pack = pack_named(assessment.pack)
    rows = Evidence.objects.unscoped("found in reach").filter(assessment=assessment, withdrawn_at=None)
    counted: dict[str, int] = {}
    for method in rows.order_by().values_list("method", flat=True):
        counted[method] = counted.get(method, 0) + 1
    return ", ".join(f"{word(pack, METHODS, method)}: {many}" for method, many in sorted(counted.items()))


def _directions(
    assessment: Assessment, results: Results, s: dict[str, str], chosen: Chosen, inside: bool
) -> list[dict[str, Any]]:
    moved = {"up": s["up"], "down": s["down"], "level": s["same"], "first": s["first"]}
    sources = _sources(assessment, results) if inside else {}
    out: list[dict[str, Any]] = []
    for group in results.groups:
        lines = [
            {
                "title": line.title,
                "level": line.level,
                "place": line.place,
                "change": moved.get(line.direction, ""),
                "reason": line.rating.reason if line.rating and chosen.reasons else "",
                "disagreement": line.rating.disagreement if line.rating and inside else "",
                "strengths": line.rating.strengths if line.rating and chosen.findings else "",
                "difficulties": line.rating.difficulties if line.rating and chosen.findings else "",
                "sources": sources.get(line.node.code, []),
            }
            for line in group.lines
        ]
        out.append({"title": group.title, "level": group.level, "place": group.place, "group": [], "requirements": lines})
    return out


def _sources(assessment: Assessment, results: Results) -> dict[str, list[dict[str, str]]]:
    pack = pack_named(assessment.pack)
    out: dict[str, list[dict[str, str]]] = {}
    for item in Evidence.objects.unscoped("found in reach").filter(assessment=assessment, withdrawn_at=None):
        out.setdefault(item.requirement, []).append({
            "method": word(pack, METHODS, item.method), "title": item.title, "figure": item.figure, "found": item.found,
            "level": results.title_of(item.level),
        })  # fmt: skip
    return out


def _told(lines: Sequence[Line], name: str) -> list[str]:
    """A strength or difficulty in its own words, else by the requirement's title."""
    return [
        f"{line.title}: {words_of}" if (words_of := getattr(line.rating, name, "")) else f"{line.title} – {line.level}"
        for line in lines
    ]


def _plan(assessment: Assessment, lang: Any, chosen: Chosen) -> list[dict[str, str]]:
    def day(given: date) -> str:
        return str(lang.date(given))

    rows = Measure.objects.unscoped("found in reach").filter(assessment=assessment, withdrawn_at=None)
    return [
        {
            "what": item.what, "owner": item.owner if chosen.names else "", "due": day(item.due_on), "expected": item.expected,
            "check": str(item.get_effect_display()) if item.effect else day(item.check_on),
        }
        for item in rows
    ]  # fmt: skip


def _meetings(assessment: Assessment, s: dict[str, str], lang: Any) -> list[dict[str, str]]:
    pack = pack_named(assessment.pack)
    out = []
    for item in Meeting.objects.unscoped("found in reach").filter(assessment=assessment):
        number = s["minutes_n"].format(n=item.number) if item.number else ""
        title = ", ".join(part for part in (word(pack, BODIES, item.body), lang.date(item.held_on), number) if part)
        votes = s["votes"].format(a=item.votes_for, b=item.votes_against, c=item.abstained) if item.votes_for else ""
        people = [
            f"{s['chair']}: {item.chair}", f"{s['secretary']}: {item.secretary}", s["present"].format(n=item.present), votes,
        ]  # fmt: skip
        told = " · ".join(part for part in people if part)
        out.append({"title": title, "heard": item.heard, "said": item.said, "decided": item.decided, "people": told})
    return out


def _components(assessment: Assessment) -> list[dict[str, str]]:
    system = System.objects.unscoped("of the institution itself").get(organisation_id=assessment.organisation_id)
    return [
        {
            "title": item.title,
            "measures": "\n".join(part for part in (item.component.measures, item.component.procedures) if part),
            "works": str(item.component.get_works_display()),
        }
        for item in components_of(system)
    ]

"""What a paper says: made from the institution's figures, its plan, its steps; a person's words stand in front."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _

from sapa.packs.loader import Pack
from sapa.publication.language import Language, language
from sapa.publication.papers import Bars, Paper, PaperSection, PaperTable
from sapa_web.common.clock import today
from sapa_web.monitoring.domain import measures
from sapa_web.monitoring.domain.inforce import BODIES, LEVELS, STEPS, codes, pack_in_force
from sapa_web.monitoring.models import Document, PlanLine, StepRecord, Watch

WHOLE = ("report", "public-report", "self-examination")
"""Forms that speak of the whole institution; the others of one object."""


def compose(document: Document, signer: str) -> Paper:
    """The paper in its language, by the rules in force on its day (today's, before it has one)."""
    with translation.override(document.language):
        day = document.dated or today()
        rules = pack_in_force(document.organisation, document.pack, day)
        told = language(document.language)
        sections = _sections(document, rules, told, day)
        lines = [_("No %(number)s of %(day)s") % {"number": document.number, "day": told.date(day)}] if document.number else []
        source = rules.text(dict(rules.meta.title), document.language)
        return Paper(
            lang=document.language, issuer=str(document.organisation), title=document.title,
            subtitle=told.period(document.period), dated=day, lines=tuple(lines), words=_paragraphs(document.words),
            sections=tuple(sections), decisions=_paragraphs(document.decisions), decisions_title=_("Decisions"),
            signatures=((_("Head"), signer),) if signer else (), page_word=_("p."),
            foot=_("Drawn from the institution's monitoring, %(title)s") % {"title": source},
        )  # fmt: skip


def _sections(document: Document, rules: Pack, told: Language, day: date) -> list[PaperSection]:
    watch = document.watch
    criteria = set(watch.line.criteria) if watch and document.form not in WHOLE else None
    lines = measures.lines_of(document.organisation, rules, document.pack)
    out = []
    if document.form == "self-examination":
        out.append(PaperSection(heading=_("On the list of indicators"), words=(_list_is_ours(),)))
    if document.form in WHOLE:
        out += _appraisal(document, rules, told, day)
    if watch and document.form not in WHOLE:
        out.append(_object(watch, rules, told))
    out += _criteria(rules, told, lines, criteria, document.period)
    if document.form in ("report", "self-examination"):
        out += _work(document, rules, told)
    return out


def _list_is_ours() -> str:
    return _(
        "The indicators of self-examination are set by an act that the regulation cites and that is not held here. The list "
        "below is therefore our own: the indicators of the regulation's criteria. An institution that holds the act replaces it."
    )


def _criteria(
    rules: Pack, told: Language, lines: Sequence[measures.Line], only: set[str] | None, period: str
) -> list[PaperSection]:
    """A section for each criterion: a table of its indicators over the years up to the paper's."""
    out = []
    for criterion in dict.fromkeys(line.criterion.id for line in lines):
        mine = [line for line in lines if line.criterion.id == criterion]
        if only is not None and criterion not in only:
            continue
        years = sorted({year for line in mine for year in line.values if year <= period})[-4:]
        title = rules.text(dict(mine[0].criterion.title), told.code)
        if not years:
            out.append(PaperSection(heading=title, words=(_("No values have been established yet."),)))
            continue
        rows = [(_named(rules, told, line), *(_value(told, line, year) for year in years), _verdict(line)) for line in mine]
        heads = (_("Indicator"), *(told.period(year) for year in years), _("Over the years"))
        out.append(PaperSection(heading=title, tables=(PaperTable(caption=_("Indicators"), heads=heads, rows=tuple(rows)),)))
    return out


def _named(rules: Pack, told: Language, line: measures.Line) -> str:
    unit = told.unit(line.unit)
    name = rules.text(dict(line.sign.title), told.code)
    return f"{name}, {unit}" if unit else name


def _value(told: Language, line: measures.Line, year: str) -> str:
    return told.number(line.values[year].value, 1 if line.unit == "percent" else 2) if year in line.values else "–"


def _verdict(line: measures.Line) -> str:
    words = {"better": _("better"), "worse": _("worse"), "same": _("the same"), "unknown": "–"}
    return words[line.course.verdict]


def _appraisal(document: Document, rules: Pack, told: Language, day: date) -> list[PaperSection]:
    found = measures.overall(document.organisation, document.pack, day)
    year = next((item for item in found.years if item.unit == document.period), None) if found else None
    if found is None or year is None:
        return []
    spread = next((item for item in found.choice if item.unit == document.period), None)
    words = [_our_reading()]
    if year.score is not None:
        level = found.levels.get(document.period)
        words.append(
            _("Overall: %(score)s of 100.") % {"score": told.number(100 * year.score, 1)} + (f" {level}." if level else "")
        )
    if spread:
        between = {"low": told.number(100 * spread.low, 1), "high": told.number(100 * spread.high, 1)}
        words.append(_("With another choice of indicators in each group it would lie between %(low)s and %(high)s.") % between)
    if year.missing:
        words.append(_("Key indicators without a value: %(n)s.") % {"n": len(year.missing)})
    names = {item.id: rules.text(dict(item.title), told.code) for item in rules.criteria}
    rows = [
        (names.get(item.cluster, item.cluster), item.score, told.number(100 * item.score, 1))
        for item in year.clusters if item.score is not None
    ]  # fmt: skip
    bars = (Bars(caption=_("Groups of key indicators, of 100"), rows=tuple(rows)),) if rows else ()
    return [PaperSection(heading=_("Overall appraisal"), words=tuple(words), bars=bars)]


def _our_reading() -> str:
    return _(
        "The appraisal is made from the key indicators only. Each is put on one scale from 0 to 100 in the direction that is "
        "better; the groups are the regulation's criteria and count the same. The document leaves the method open: this is our "
        "reading of it."
    )


def _object(watch: Watch, rules: Pack, told: Language) -> PaperSection:
    line = watch.line
    names = codes(rules, BODIES)
    level = codes(rules, LEVELS).get(line.level)
    records = StepRecord.objects.unscoped("of one object").filter(watch=watch)
    titles = codes(rules, STEPS)
    named = {code: rules.text(dict(item.title), told.code) for code, item in titles.items()}
    rows = [(named.get(item.step, item.step), told.date(item.dated), item.by_name) for item in records]
    who = line.person.name if line.person else line.person_name
    bodies = ", ".join(rules.text(dict(names[code].title), told.code) for code in line.responsible if code in names)
    words = [
        _("Object: %(object)s.") % {"object": rules.text(line.title, told.code)},
        _("Responsible: %(name)s (%(bodies)s).") % {"name": who, "bodies": bodies},
        *([_("Level of monitoring: %(level)s.") % {"level": rules.text(dict(level.title), told.code)}] if level else []),
        *[record.text for record in records],
    ]
    table = PaperTable(caption=_("Steps"), heads=(_("Step"), _("Day"), _("By")), rows=tuple(rows))
    return PaperSection(heading=_("What was watched"), words=tuple(words), tables=(table,) if rows else ())


def _work(document: Document, rules: Pack, told: Language) -> list[PaperSection]:
    lines = PlanLine.objects.unscoped("of one institution").filter(
        programme__organisation=document.organisation, programme__pack=document.pack, programme__year=document.period
    )
    watches = list(Watch.objects.unscoped("of one institution").filter(line__in=lines.values("pk")).select_related("line"))
    if not watches:
        return []
    rows = []
    for line in lines:
        mine = [item for item in watches if item.line_id == line.pk]
        through = sum(1 for item in mine if item.state == Watch.DONE)
        rows.append((rules.text(line.title, told.code), str(len(mine)), str(through)))
    heads = (_("Object"), _("Turns"), _("Finished"))
    return [
        PaperSection(
            heading=_("The plan and what was done"), tables=(PaperTable(caption=_("Objects"), heads=heads, rows=tuple(rows)),)
        )
    ]


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.splitlines() if part.strip())

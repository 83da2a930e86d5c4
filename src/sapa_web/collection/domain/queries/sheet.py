"""What the grid and the forms need: the definition of the fields in the reader's language, rows, findings at their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from sapa.datasets import Findings
from sapa.datasets.layout import coding
from sapa.datasets.wording import say
from sapa.packs.models_data import DataField
from sapa_web.collection.domain.checking import explained, kept_findings
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.domain.queries.desk import Desk
from sapa_web.collection.domain.working import ENTERED, ID, Row, filled, rows_of
from sapa_web.collection.models import Campaign

MOST_FINDINGS = 2000
"""Findings shown at cells, the gravest first; the causes count all of them."""


def language() -> str:
    """The reader's language, as packs name it."""
    return (translation.get_language() or "en").split("-")[0]


def dataset_title(campaign: Campaign, lang: str = "") -> str:
    """The data set's title in the reader's language."""
    return say(dataset_of(campaign.pack, campaign.dataset, campaign.period).title, lang or language())


def definitions(desk: Desk, rows: list[Row]) -> list[dict[str, Any]]:
    """The fields as the grid protocol describes them."""
    campaign = desk.obligation.campaign
    out = [dict(item) for item in _definitions(campaign.pack, campaign.dataset, campaign.period, language())]
    part = desk.part(rows)
    for item in out:
        item["frozen"] = item["key"]
        item["readonly"] = part is not None and item["id"] not in part.fields
    if part is None:
        return out
    names = {item.id for item in desk.fields if item.role == "key" or item.protect == "drop"}
    # Who it is, then what is asked, then what the school holds already.
    return sorted(out, key=lambda item: (item["id"] not in names, item["readonly"]))


@lru_cache(maxsize=64)
def _definitions(pack: str, dataset: str, period: str, lang: str) -> tuple[dict[str, Any], ...]:
    found = dataset_of(pack, dataset, period)
    with translation.override(lang):
        return tuple(
            {
                "id": item.id,
                "title": say(item.title, lang),
                "help": help_of(item, lang),
                "type": item.type,
                "required": item.required or item.role == "key",
                "codes": codes_of(pack, item, period, lang),
                "max_length": item.max_length,
                "key": item.role == "key",
            }
            for item in found.layout(period)
            if item.role != "unit"
        )


def codes_of(pack: str, item: DataField, period: str, lang: str) -> list[list[str]] | None:
    """Code and title of every code in force, yes and no of a boolean; ``None`` where there is nothing to choose from."""
    if item.type == "boolean":
        return [["true", _("Yes")], ["false", _("No")]]
    if item.code_list is None:
        return None
    codelist = pack_named(pack).codelist(item.code_list, period)
    known = coding(codelist, period).codes
    return [[entry.code, say(entry.title, lang)] for entry in codelist.items if entry.code in known]


def shown_rows(desk: Desk, names: Sequence[str], rows: Sequence[Row]) -> list[list[str]]:
    """Rows for a preview: codes by their titles."""
    campaign = desk.obligation.campaign
    known = _definitions(campaign.pack, campaign.dataset, campaign.period, language())
    titles = {item["id"]: dict(item["codes"] or ()) for item in known}
    return [[titles.get(name, {}).get(row.get(name, ""), row.get(name, "")) for name in names] for row in rows]


def help_of(item: DataField, lang: str) -> str:
    """What to write into the field: the pack's help, the measure, the bounds."""
    parts = [say(item.help, lang) if item.help else "", item.measure]
    if item.minimum is not None and item.maximum is not None:
        parts.append(_("from %(low)g to %(high)g") % {"low": item.minimum, "high": item.maximum})
    elif item.minimum is not None:
        parts.append(_("at least %g") % item.minimum)
    elif item.maximum is not None:
        parts.append(_("at most %g") % item.maximum)
    if item.type == "date":
        parts.append(_("as 2024-09-01"))
    if item.width:
        parts.append(_("%d digits") % item.width)
    return "; ".join(part for part in parts if part)


def grid(desk: Desk) -> dict[str, Any]:
    """The whole answer of ``grid/data``."""
    version, rows = rows_of(desk.obligation)
    own = desk.own(rows)
    shown = [{name: value for name, value in row.items() if name != ENTERED} for row in own]
    return {
        "version": version,
        "readonly": not desk.may_change,
        "fields": definitions(desk, rows),
        "rows": shown,
        **found_for(desk, kept_findings(desk.obligation), rows),
    }


def found_for(desk: Desk, findings: Findings | None, rows: Sequence[Row]) -> dict[str, Any]:
    """Findings by cell and grouped by cause, as the grid protocol has them; a teacher sees those of the own rows."""
    if findings is None:
        return {"findings": [], "causes": []}
    lang, all_rows = language(), filled(rows)
    own = None if desk.classes is None else {row[ID] for row in desk.own(list(all_rows))}
    texts = explained(desk.obligation, findings, all_rows)
    cells = []
    for place, line in enumerate(findings.messages(lang, 0, MOST_FINDINGS)):
        number = line["row"]
        row = all_rows[number - 1][ID] if number and number <= len(all_rows) else None
        if own is not None and row not in own:
            continue
        severity = "explained" if place in texts else line["severity"]
        told = {name: line[name] for name in ("field", "rule", "message", "remedy")}
        cells.append({"row": row, "severity": severity, **told})
    return {"findings": cells, "causes": causes(findings, texts, own, cells)}


def causes(findings: Findings, texts: Any, own: set[str] | None, cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings grouped by what is wrong, the gravest and most frequent first; explained ones stand apart at the end."""
    done: dict[str, int] = {}
    rules = findings.table["rule"]
    for place in texts:
        rule = rules[place].as_py()
        done[rule] = done.get(rule, 0) + 1
    mine: dict[str, int] = {}
    for cell in cells:
        mine[cell["rule"]] = mine.get(cell["rule"], 0) + 1
    out, later = [], []
    for item in findings.summary(language()):
        told = {name: value for name, value in asdict(item).items() if name in ("severity", "rule", "cause", "remedy", "clause")}
        gone = done.get(item.rule, 0) if item.severity == "explain" else 0
        count = item.count if own is None else mine.get(item.rule, 0)
        if count > gone:
            out.append({**told, "count": count - gone})
        if gone:
            later.append({**told, "severity": "explained", "count": gone})
    return out + later

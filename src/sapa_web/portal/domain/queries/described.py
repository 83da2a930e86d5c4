"""The lineage of a published cell as JSON: for the page's twin, the API, and the description in a bundle."""

from __future__ import annotations

from typing import Any

from sapa_web.portal.domain.queries import lineage
from sapa_web.portal.domain.queries.lineage import Cited, Lineage


def _clauses(cited: tuple[Cited, ...]) -> list[dict[str, str]]:
    return [{"document": c.document, "number": c.number, "clause": c.path, "text": c.text, "page": c.url} for c in cited]


def described(way: Lineage) -> dict[str, Any]:
    """The lineage as a JSON object. A hidden cell has no figures."""
    fact, version = way.fact, way.version
    figures = {name: getattr(fact, name) for name in ("value", "numerator", "denominator", "count")}
    return {
        "fact": fact.id,
        "indicator": {"id": fact.indicator, "title": way.title},
        "period": fact.period,
        "cut": [{"dimension": d, "title": title, "code": code, "label": label} for d, title, code, label in way.cut],
        **figures,
        "unit": way.unit,
        "decimals": way.decimals,
        "status": way.status,
        "formula": {"words": way.formula.words, "written": way.formula.written, "names": dict(way.formula.names)},
        "method": way.method,
        "clauses": _clauses(way.clauses),
        "pack": {"id": way.pack.id, "version": way.pack.version, "digest": way.pack.digest},
        "snapshots": [
            {
                "period": item.period, "root": item.root, "log_line": item.line, "signed_returns": item.size,
                "as_of": item.as_of and item.as_of.isoformat(), "returns_of_data_sets": dict(item.returns),
            }
            for item in way.snapshots
        ],
        "disclosure": {
            "outcome": way.outcome,
            "rules": [
                {"id": rule.id, "title": rule.title, "rule": rule.words, "threshold": rule.threshold,
                 "clauses": _clauses(rule.clauses)}
                for rule in way.rules
            ],
        },
        "data": {"pack": version.pack, "version": version.number, "digest": version.digest},
        "proof": way.tree
        and {
            "root": way.tree.root, "leaves": way.tree.size, "log_line": way.tree.entry_id,
            "bundle": lineage.address(version, fact.id, "figure_bundle"),
        },
        "changes": [
            {"version": seen.version.number, "public_since": seen.on and seen.on.isoformat(), "change": seen.change,
             "status": seen.status or None,
             "value": seen.value}
            for seen in way.history
        ],
        "releases": [
            {"publication": item.publication.slug, "period": item.period, "version": item.version,
             "public_since": item.publish_at and item.publish_at.isoformat()}
            for item in way.releases
        ],
    }  # fmt: skip

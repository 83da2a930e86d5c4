"""Check an uploaded bundle: by the stand-alone verifier's own steps, and by what this site knows. Nothing is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sapa.archive.freeze import KEEPER_UNIT
from sapa.archive.manifest import parse_moment
from sapa.archive.rootlog import FORMAT as LOG_FORMAT
from sapa.archive.standalone_bundle import Bundle, Checker, Step, fact_name, open_bundle
from sapa.signing.verifier import verifier
from sapa_web.collection.domain.trust import trust_now
from sapa_web.portal.domain.queries import lineage, published
from sapa_web.portal.domain.rootlog import standing
from sapa_web.portal.models import DataVersion

MOST_BYTES = 32_000_000
_REPLACED = ("signature", "limit")
"""Steps of the stand-alone verifier that only say what it can't do: the site checks the one, the page says the other."""


@dataclass
class Verdict:
    """What a check found. ``address`` is the page of the figure here, where this site publishes that version."""

    steps: list[Step] = field(default_factory=list)
    fact: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    title: str = ""
    version: str = ""
    address: str = ""

    @property
    def holds(self) -> bool:
        """Whether every step holds."""
        return not any(step.state == "failed" for step in self.steps)


def log_document() -> dict[str, Any]:
    """The whole log of roots as it is downloaded."""
    log = standing()
    head = log.head()
    return {"log": LOG_FORMAT, "size": head.size, "root": head.root, "lines": [leaf.decode() for leaf in log.leaves]}


def verify_bundle(data: bytes, now: datetime) -> Verdict:
    """Check a bundle; raises ``NotABundleError``."""
    opened = open_bundle(data)
    checker = Checker(opened, log=json.dumps(log_document()).encode())
    steps = [step for step in checker.run() if step.code not in _REPLACED]
    steps += _signatures(opened)
    verdict = Verdict(steps)
    if checker.fact and checker.version:
        verdict.fact, verdict.name = checker.fact, fact_name(checker.fact)
        verdict.version = f"{checker.version['pack']} {checker.version['version']}"
        _here(verdict, checker, now)
    return verdict


def _signatures(bundle: Bundle) -> list[Step]:
    out = []
    for item in bundle.document.get("snapshots") or []:
        try:
            folder = f"snapshots/{item['period']}"
            if f"{folder}/root.json" not in bundle.files:
                out.append(Step("signature", "note", f"{item['period']}: the signed statement is not in the bundle"))
                continue
            statement, signature = bundle.files[f"{folder}/root.json"], bundle.files[f"{folder}/root.p7s"]
            about = json.loads(statement)
            at = parse_moment(about["at"])
            report = verifier(about["scheme"]).check(statement, signature, trust_now(at), at=at, expected_unit=KEEPER_UNIT)
        except Exception as error:  # foreign bytes: what can't be read is not proved
            out.append(Step("signature", "failed", f"it cannot be read ({type(error).__name__})"))
            continue
        words = f"{item['period']}: signed by {report.signer} at {report.signing_time}" if report.valid else report.detail
        out.append(Step("signature", "ok" if report.valid else "failed", words))
    return out


def _here(verdict: Verdict, checker: Checker, now: datetime) -> None:
    """Whether this site publishes the same version with the same root; another site's bundle is told to be one."""
    told = checker.version
    version = lineage.version_numbered(now, str(told["pack"]), str(told["version"]))
    own = DataVersion.objects.filter(pk=version.pk, tree__root=checker.document["figures"]["root"]) if version else None
    if version is None or own is None or not own.exists():
        words = "this site has published no such version with this root"
        verdict.steps.append(Step("here", "failed", words))
        return
    cut = {str(name): str(code) for name, code in verdict.fact["cut"].items()}
    fact = published.figures(version).fact(str(verdict.fact["indicator"]), str(verdict.fact["period"]), cut)
    if fact is None or fact.value != verdict.fact["value"]:
        verdict.steps.append(Step("here", "failed", "the page of this figure shows another value"))
        return
    verdict.name = fact.id
    verdict.address = lineage.address(version, fact.id)
    verdict.steps.append(Step("here", "ok", f"published here since version {version.number}, with the same value and root"))

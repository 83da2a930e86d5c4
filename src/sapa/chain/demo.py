"""The demonstration: a generated country, three years of returns, each year through the whole chain."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sapa.archive.store import FolderStore
from sapa.chain.context import Report, Run, regime_of, silent
from sapa.chain.run import Outcome, Steps, whole_chain
from sapa.demo import generate, internal_monitoring, write_monitoring, write_returns
from sapa.errors import UserError
from sapa.packs.loader import load_pack

PACK = "demo"
PERIODS = ("2021", "2022", "2023")
EXAMPLE = "learners"
MONITORING = "monitoring"


@dataclass
class Demonstration:
    """What the demonstration left behind, by period."""

    pack: str
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    defects: dict[str, int] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        """Documents of the last period."""
        return list(self.outcomes.values())[-1].files if self.outcomes else []

    @property
    def example(self) -> str:
        """A fact to trace."""
        return f"{EXAMPLE}@{PERIODS[-1]}"

    def as_json(self, seconds: Mapping[str, float]) -> dict[str, Any]:
        """What ``sapa demo --json`` prints."""
        runs = {period: outcome.as_json({}) for period, outcome in self.outcomes.items()}
        return {"pack": self.pack, "runs": runs, "seeded_defects": self.defects, "seconds": dict(seconds)}


def demonstrate(
    folder: Path,
    clock: Steps,
    *,
    scale: str = "small",
    seed: int = 1,
    langs: Sequence[str] = ("en",),
    monitoring: bool = False,
    processes: int = 1,
    report: Report = silent,
    say: Callable[[str], object] = lambda text: None,
) -> Demonstration:
    """Run the demonstration into ``folder``. Raises ``UserError`` where a demonstration stands there already.

    With ``monitoring`` the data of the schools' internal monitoring in the last period are written to ``folder/monitoring``.
    """
    if any((folder / period / "snapshot").exists() for period in PERIODS):
        raise UserError(f"a demonstration stands in {folder} already", todo="remove the folder, or name another with --out")
    pack = load_pack(PACK)
    result = Demonstration(pack.id)
    datasets = sorted(item.id for item in pack.datasets)
    with clock.step("generate"):
        country = generate(scale, seed=seed, periods=PERIODS)
    key = hashlib.sha256(f"demonstration key {seed}".encode()).hexdigest().encode()
    previous: dict[str, pa.Table] = {}
    earlier: list[Path] = []
    for period in PERIODS:
        home = folder / period
        with clock.step("write returns"):
            files = [path for name in datasets for path in write_returns(country, home / "returns", dataset=name, period=period)]
        run = _run(pack, period, home, processes, report)
        say(f"{period}: {len(files)} files of returns → {home}")
        last = period == PERIODS[-1]
        outcome = whole_chain(
            run, files, clock, langs=langs if last else (), earlier=earlier, previous=previous, pseudonym_key=key
        )
        result.outcomes[period] = outcome
        say(_line(outcome))
        previous = {path.stem: pq.read_table(path) for path in sorted((home / "snapshot/rows").glob("*.parquet"))}
        earlier += sorted((home / "facts").glob("*.parquet"))
    if monitoring:
        with clock.step("write monitoring"):
            files = write_monitoring(internal_monitoring(country, PERIODS[-1]), folder / MONITORING, PERIODS[-1])
        say(f"{PERIODS[-1]}: internal monitoring of the schools, {len(files)} files → {folder / MONITORING}")
    for defect in country.defects:
        result.defects[defect.kind] = result.defects.get(defect.kind, 0) + 1
    return result


def _run(pack: Any, period: str, home: Path, processes: int, report: Report) -> Run:
    """A run on the day the regime lets data be fixed: everything happens inside the law's window."""
    use = regime_of(pack.meta.regime, pack) if pack.meta.regime else None
    if use is None:
        raise UserError(f"pack {pack.id} names no data regime", todo="add 'regime:' to its pack.yaml")
    as_of = use.default_as_of(period)
    now = datetime.combine(as_of, time(16), UTC)
    return Run(pack, period, FolderStore(home), now, as_of, use, processes=processes, report=report)


def _line(outcome: Outcome) -> str:
    said = outcome.as_json({})
    found = {severity: sum(rules.values()) for severity, rules in said["findings"].items()}
    rows = f"{said['rows_read']} rows read = {said['rows_accepted']} accepted + {said['rows_refused']} refused"
    signed = f"{said['units']} signed submissions"
    causes = [cause for item in outcome.collected.values() if item.findings for cause in item.findings.summary()]
    following = sum(cause.count for cause in causes if cause.follows)
    sources = ", ".join(sorted({cause.follows for cause in causes if cause.follows}))
    after = f" ({following} of them follow from refused rows of {sources}: mend those first)" if following else ""
    findings = f"{found['blocks']} blocking findings{after}, {found['explain']} to explain"
    return f"  {rows}; {findings}; {signed}; {said['facts']} facts; root {said['root'][:16]}…"

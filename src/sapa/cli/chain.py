"""Commands that walk the chain: run, and its steps collect, freeze, compute, publish."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pyarrow.parquet as pq
import typer

from sapa.archive.store import open_store
from sapa.archive.submissions import Submission
from sapa.chain import collect as collecting
from sapa.chain.context import Run, counted, regime_of, snapshot_pack, snapshot_statement
from sapa.chain.publish import Order, publish_run
from sapa.chain.run import Outcome, collect_files, compute_run, freeze_run, whole_chain
from sapa.cli import output
from sapa.cli.output import Clock, Json, Now, emit, languages, out
from sapa.datasets.findings import SEVERITIES, Cause
from sapa.errors import UserError
from sapa.packs.loader import load_pack
from sapa.signing.trust import TrustStore

PackName = Annotated[str, typer.Argument(help="Pack of the returns, by id or folder.")]
PeriodOption = Annotated[str, typer.Option("--period", help="Reference period, e.g. 2020.")]
In = Annotated[
    list[Path], typer.Option("--in", help="File with returns (xlsx, csv, json, parquet), or a folder of them; repeatable.")
]
OutDir = Annotated[str, typer.Option("--out", help="Folder of the run (for the archive alone also s3://bucket/prefix).")]
RegimeName = Annotated[
    str, typer.Option("--regime", help="Pack whose data regime governs the run; default: the one the pack names.")
]
AsOf = Annotated[str, typer.Option("--as-of", help="The date data are fixed on; default: the first the regime allows.")]
Langs = Annotated[str, typer.Option("--langs", "--lang", help="Languages of the documents, by comma; 'none' for no documents.")]
DatasetName = Annotated[str, typer.Option("--dataset", help="Data set of the files, where the pack has several.")]
Sheet = Annotated[str, typer.Option("--sheet", help="Sheet of the workbook; default: the one whose header fits.")]
Previous = Annotated[str, typer.Option("--previous", help="Folder of the run one period earlier: rows are compared with it.")]
Earlier = Annotated[list[str] | None, typer.Option("--earlier", help="Folder of an earlier run, for growth and cohorts; repeat.")]
Processes = Annotated[int, typer.Option("--processes", help="Processes that check signatures.", min=1, max=64)]
KeyFile = Annotated[Path | None, typer.Option("--pseudonym-key", help="File with the key of persons' pseudonyms.")]


def make_run(pack: str, period: str, out_dir: str, regime: str, as_of: str, now: str, processes: int, report: Any) -> Run:
    """The run a command describes; raises ``UserError`` on what does not fit together."""
    output.reference_period(period)
    loaded = load_pack(pack)
    named = regime or loaded.meta.regime
    use = regime_of(named, loaded) if named else None
    at = output.moment(now)
    day = output.day(as_of)
    if day is not None and day > at.date():
        raise UserError(f"{day} has not come yet: data can't be fixed as of it", todo="name a day that has passed")
    if day is None:
        day = use.default_as_of(period) if use else min(date(int(period[:4]), 12, 31), at.date())
    return Run(loaded, period, open_store(out_dir), at, day, use, processes=processes, report=report)


def _facts_of(folders: list[str] | None) -> list[Path]:
    found = [path for folder in folders or () for path in sorted((Path(folder) / "facts").glob("*.parquet"))]
    if folders and not found:
        raise UserError(f"no facts in {', '.join(folders)}", todo="name folders of finished runs")
    return found


def _previous_rows(folder: str) -> dict[str, Any]:
    if not folder:
        return {}
    files = sorted((Path(folder) / "snapshot" / "rows").glob("*.parquet"))
    if not files:
        raise UserError(f"there is no snapshot in {folder}", todo="name the folder of a finished run")
    return {path.stem: pq.read_table(path) for path in files}


def _key(path: Path | None) -> bytes | None:
    return path.read_bytes().strip() if path else None


def run(
    pack: PackName,
    period: PeriodOption,
    files: In,
    out_dir: OutDir,
    regime: RegimeName = "",
    as_of: AsOf = "",
    langs: Langs = "en",
    dataset: DatasetName = "",
    sheet: Sheet = "",
    previous: Previous = "",
    earlier: Earlier = None,
    pseudonym_key: KeyFile = None,
    processes: Processes = 2,
    now: Now = "",
    json: Json = False,
) -> None:
    """The whole chain: collect, verify, sign, freeze, compute, publish."""
    clock = Clock()
    with output.progress(json) as report:
        this = make_run(pack, period, out_dir, regime, as_of, now, processes, report)
        outcome = whole_chain(
            this,
            files,
            clock,
            langs=languages(langs),
            earlier=_facts_of(earlier),
            dataset=dataset,
            previous=_previous_rows(previous),
            pseudonym_key=_key(pseudonym_key),
            sheet=sheet or None,
        )
    finish(this, outcome, clock, json)


def finish(this: Run, outcome: Outcome, clock: Clock, json: bool) -> None:
    """Print what a run left behind."""
    if json:
        emit(outcome.as_json(clock.seconds))
        return
    for item in outcome.collected.values():
        rows = f"{item.rows_read} rows read = {item.rows_accepted} accepted + {item.rows_refused} refused"
        out.print(f"{item.dataset.id}: {counted(item.units, 'return')}, {rows}")
        for refusal in item.intake.refused[:20]:
            out.print(f"refused: {refusal.unit[:60]!r}: {refusal.message} → {refusal.todo}", markup=False)
    _print_findings(outcome)
    if this.regime and this.regime.borrowed:
        out.print(this.regime.notice.get("en", ""), style="italic", markup=False)
    for note in outcome.notes:
        out.print(f"note: {note}", markup=False)
    if any(item.intake.stored for item in outcome.collected.values()):
        out.print("The signatures are made with certificates of the demonstration authority; for real ones see `sapa submit`.")
    if outcome.snapshot:
        signed = counted(outcome.snapshot.size, "signed submission")
        out.print(f"root {outcome.snapshot.root}  ({signed}, as of {this.as_of})")
    if outcome.facts:
        out.print(counted(outcome.facts, "fact"))
    shown = [path for path in outcome.files if path.suffix in (".pdf", ".docx", ".html", ".xlsx")]
    for path in shown[:12]:
        out.print(f"written: {path}")
    if len(shown) > 12:
        out.print(f"… and {len(shown) - 12} more in {shown[-1].parent}")
    out.print("  ".join(f"{name} {seconds:.1f} s" for name, seconds in clock.seconds.items()), style="dim")


def _print_findings(outcome: Outcome) -> None:
    """Findings by cause, gravest first, what follows from refused rows after what it follows from; and where they are listed."""
    causes = [cause for item in outcome.collected.values() for cause in (item.findings.summary() if item.findings else ())]
    causes.sort(key=lambda cause: (SEVERITIES.index(cause.severity), bool(cause.follows)))
    if causes:
        rows = [(cause.severity, cause.rule, cause.count, _place(cause)) for cause in causes]
        output.table("Findings", ("severity", "rule", "count", "first at"), rows, right=(2,), whole=(1,))
    if outcome.findings:
        out.print(f"written: {outcome.findings}")


def _place(cause: Cause) -> str:
    """Where the first finding of a cause stands; of those that follow from refused rows, which to mend."""
    if cause.follows:
        return f"{cause.cause}. {cause.remedy}"
    row = f"row {cause.first_row}" if cause.first_row is not None else ""
    return ", ".join(part for part in (cause.first_file, row) if part)


def collect(
    pack: PackName,
    period: PeriodOption,
    files: In,
    out_dir: OutDir,
    dataset: DatasetName = "",
    sheet: Sheet = "",
    previous: Previous = "",
    pseudonym_key: KeyFile = None,
    unsigned: Annotated[
        Path | None, typer.Option("--unsigned", help="Write rows and manifests here, to be signed elsewhere.")
    ] = None,
    processes: Processes = 2,
    now: Now = "",
    json: Json = False,
) -> None:
    """Read, verify, sign and store returns; write the findings."""
    clock, outcome = Clock(), Outcome()
    with output.progress(json) as report:
        this = make_run(pack, period, out_dir, "", "", now, processes, report)
        options: dict[str, Any] = {"dataset": dataset, "sheet": sheet or None, "pseudonym_key": _key(pseudonym_key)}
        options["unsigned"] = unsigned
        collect_files(this, files, clock, outcome, previous=_previous_rows(previous), **options)
    finish(this, outcome, clock, json)


def submit(
    pack: PackName,
    dataset: Annotated[str, typer.Option("--dataset", help="Data set of the submission.")],
    period: PeriodOption,
    out_dir: OutDir,
    rows: Annotated[Path, typer.Option("--rows", help="Canonical rows (csv), as `collect --unsigned` wrote them.", exists=True)],
    manifest: Annotated[Path, typer.Option("--manifest", help="The manifest (json) that was signed.", exists=True)],
    signature: Annotated[Path, typer.Option("--signature", help="Detached CAdES signature over the manifest.", exists=True)],
    trust: Annotated[Path, typer.Option("--trust", help="Folder with trusted certificates and revocation lists.", exists=True)],
    now: Now = "",
    json: Json = False,
) -> None:
    """Take in one submission that a head signed with software of their own."""
    this = make_run(pack, period, out_dir, "", "", now, 1, None)
    layout = this.pack.dataset(dataset, period)
    submission = Submission(rows.read_bytes(), manifest.read_bytes(), signature.read_bytes())
    stored = collecting.submit(this, layout, submission, TrustStore.load(trust))
    if json:
        emit({"stored": stored.name, "unit": stored.unit, "revision": stored.revision, "digest": stored.digest})
    else:
        out.print(f"stored: {stored.name}, {counted(stored.rows, 'row')}, sha256 {stored.digest}")


def freeze(
    pack: PackName,
    period: PeriodOption,
    out_dir: OutDir,
    regime: RegimeName = "",
    as_of: AsOf = "",
    enforce: Annotated[bool, typer.Option("--enforce", help="Refuse to freeze outside the days the regime allows.")] = False,
    processes: Processes = 2,
    now: Now = "",
    json: Json = False,
) -> None:
    """Fix the accepted submissions as of one date. A freeze that was cut off goes on where it stood."""
    clock, outcome = Clock(), Outcome()
    with output.progress(json) as report:
        this = make_run(pack, period, out_dir, regime, as_of, now, processes, report)
        if enforce and this.regime:
            obstacle = this.regime.plan(this.as_of).obstacle("suspended", "frozen", this.now.date())
            if obstacle:
                raise UserError(obstacle.message, todo=obstacle.todo)
        freeze_run(this, clock, outcome)
    finish(this, outcome, clock, json)


def _frozen_run(folder: str, processes: int, report: Any) -> Run:
    store = open_store(folder)
    statement: dict[str, Any] = dict(snapshot_statement(store))
    as_of = date.fromisoformat(statement["as_of"])
    return Run(snapshot_pack(store), statement["period"], store, output.moment(statement["at"]), as_of, None, report=report)


def compute(
    folder: Annotated[str, typer.Argument(help="Folder of a frozen run.")],
    earlier: Earlier = None,
    engine: Annotated[str, typer.Option("--engine", help="duckdb or spark.")] = "duckdb",
    memory: Annotated[str, typer.Option("--memory", help="Memory the engine may use, e.g. 2GB; default: the engine's.")] = "",
    json: Json = False,
) -> None:
    """Compute every indicator over the snapshot."""
    clock, outcome = Clock(), Outcome()
    with output.progress(json) as report:
        this = _frozen_run(folder, 1, report)
        compute_run(this, clock, outcome, earlier=_facts_of(earlier), engine=engine, memory=memory)
    finish(this, outcome, clock, json)


def publish(
    folder: Annotated[str, typer.Argument(help="Folder of a computed run.")],
    langs: Langs = "en",
    report_id: Annotated[
        str, typer.Option("--report", help="Report of the pack or of the regime the run borrows; default: the pack's first.")
    ] = "",
    formats: Annotated[
        str, typer.Option("--format", help="pdf, docx, html, xlsx, csv, by comma; default: pdf, xlsx, csv and the charts.")
    ] = "",
    scope: Annotated[
        str, typer.Option("--scope", help="What the report is about: dimension=code, e.g. region=R1, or institution=ID.")
    ] = "",
    given: Annotated[
        list[Path] | None,
        typer.Option(
            "--facts", help="Facts to draw from instead of the run's, e.g. protected ones (parquet); repeat.", exists=True
        ),
    ] = None,
    texts: Annotated[
        Path | None, typer.Option("--texts", help="File (json) with approved texts: {chapter: {language: text}}.", exists=True)
    ] = None,
    earlier: Earlier = None,
    dated: Annotated[str, typer.Option("--date", help="Date of the documents; default: the day of the freeze.")] = "",
    json: Json = False,
) -> None:
    """Write a report, its tables and charts from facts only. The same snapshot gives the same bytes.

    A yearbook lies in the run's folder, any other report in `reports/` of it.
    """
    clock, outcome = Clock(), Outcome()
    order = Order(
        *(report_id, output.formats(formats), scope, output.day(dated)), tuple(given or ()), output.approved_texts(texts)
    )
    with output.progress(json) as report, clock.step("publish"):
        this = _frozen_run(folder, 1, report)
        facts, folders = _facts_of(earlier), [Path(name) for name in earlier or ()]
        outcome.files = publish_run(
            this.store, this.folder, languages(langs), facts=facts, earlier=folders, order=order, report=report
        )
    finish(this, outcome, clock, json)

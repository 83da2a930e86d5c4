"""The distributed engine: the same plan as one Spark statement, on this machine's cores or on a cluster.

Needs the extra ``sapa[spark]`` and Java 17 or later; neither is imported or started before :func:`run` is called. Every sum is
of integers or decimals, so the facts depend neither on the number of workers nor on a worker that dies on the way.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pad
import pyarrow.parquet as pq
from pyarrow import fs

from sapa.errors import EngineError, SapaError, UserError
from sapa.indicators.facts import facts_from_cells
from sapa.indicators.plan import Plan
from sapa.indicators.statement import ROWS, statement

MASTER = "SAPA_SPARK_MASTER"
"""Environment variable with the master's address, e.g. ``spark://127.0.0.1:7077``; without it Spark runs in this process."""
SCRATCH = "SAPA_SPARK_SCRATCH"
"""Environment variable with a folder that every node sees; default: the temporary folder of this machine."""
MEMORY_LIMIT = "768MB"
EXECUTOR_MEMORY = "512m"
FEW_FILES = 8
"""A folder of more files than this is written into one first: opening a small file costs Spark more than reading it."""

_LOOPBACK = "127.0.0.1"
_OUT_OF_RANGE = ("ARITHMETIC_OVERFLOW", "NUMERIC_VALUE_OUT_OF_RANGE", "CAST_OVERFLOW", "CAST_INVALID_INPUT", "BINARY_ARITHMETIC")
_LOST = ("OutOfMemory", "Master removed our application", "All masters are unresponsive", "SparkContext was shut down")


def run(
    plan: Plan,
    source: Any,
    *,
    snapshot: str = "",
    provisional: bool = False,
    threads: int | None = None,
    memory_limit: str = MEMORY_LIMIT,
    master: str | None = None,
) -> pa.Table:
    """Facts of the plan over the rows: the same, bit for bit, as those of the embedded engine.

    ``source`` is the path of a Parquet file or of a folder of them, an ``s3://`` URL of either (with
    ``?endpoint_override=host:port&scheme=http`` where the store is not Amazon's), a ``pyarrow.Table`` or a
    ``pyarrow.dataset.Dataset``. ``master`` is Spark's; default: the environment variable ``SAPA_SPARK_MASTER``, else
    ``local[threads]`` (two). Raises ``UserError`` where Java, the extra, the rows or a column is missing, the cluster does not
    answer, or a figure is out of range; ``EngineError`` on what we must mend.
    """
    address = master or os.environ.get(MASTER) or f"local[{threads or 2}]"
    with _readable(plan, source) as path:
        spark = session(address, memory_limit)
        try:
            rows = spark.read.option("__globPaths__", "false").parquet(f"file://{path}")
            _check_columns(plan, rows.columns)
            rows.createOrReplaceTempView(ROWS)
            wide = _computed(spark, plan)
            if not wide.num_rows:
                # Grouping sets of nothing are nothing in Spark; the total of nothing is a cell all the same.
                wide = _computed(spark, replace(plan, cuts=((),)))
        except SapaError:
            raise
        except Exception as error:
            raise _ours(error) from error
    return facts_from_cells(plan, wide, snapshot=snapshot, provisional=provisional)


def _computed(spark: Any, plan: Plan) -> pa.Table:
    return spark.sql(statement(plan, "spark").sql(dialect="spark")).toArrow()


# where the rows lie


@contextmanager
def _readable(plan: Plan, source: Any) -> Iterator[Path]:
    """A path that Spark reads: the source's own, or a copy of the needed columns in one file.

    The package brings no jar for object stores, and rows handed over from memory pass several times through the driver's: so
    whatever is not a plain file here is streamed into one, with Arrow's own readers.
    """
    path = _plain(source)
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="sapa-spark-", dir=os.environ.get(SCRATCH)) as folder:
        copy = Path(folder) / "rows.parquet"
        _write_once(_dataset(source), plan, copy)
        yield copy


def _plain(source: Any) -> Path | None:
    """The path of a local file, or of a folder of few files; ``None`` for anything else."""
    if not isinstance(source, str | Path) or "://" in str(source):
        return None
    path = Path(source).resolve()
    if path.is_file():
        return path
    files = sorted(path.rglob("*.parquet"))
    if not files:
        raise UserError(f"there are no rows at {path}", todo="freeze first: the snapshot holds rows/<dataset>.parquet")
    return path if len(files) <= FEW_FILES else None


def _dataset(source: Any) -> pad.Dataset:
    if not isinstance(source, str | Path):
        return pad.dataset(source) if isinstance(source, pa.Table) else source
    if "://" not in str(source):
        return pad.dataset(sorted(str(path) for path in Path(source).rglob("*.parquet")), format="parquet")
    try:
        filesystem, path = fs.FileSystem.from_uri(str(source))
        return pad.dataset(path, filesystem=filesystem, format="parquet")
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(
            f"there are no rows at {source}: {error}", todo="check the address and the store's credentials"
        ) from error


def _write_once(rows: pad.Dataset, plan: Plan, path: Path) -> None:
    """Stream the needed columns into one file, in bounded memory."""
    _check_columns(plan, rows.schema.names)
    # A file without columns would have no rows: where only rows are counted, any column serves.
    names = list(plan.columns) or rows.schema.names[:1]
    schema = pa.schema([rows.schema.field(name) for name in names])
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True) as writer:
        for batch in rows.to_batches(columns=names):
            writer.write_batch(batch)


def _check_columns(plan: Plan, found: list[str]) -> None:
    absent = [name for name in plan.columns if name not in found]
    if absent:
        raise UserError(
            f"the rows of {plan.dataset} have no column {', '.join(absent)}",
            todo="compute with the pack version the snapshot was frozen with",
        )


# the session


def settings(master: str, memory_limit: str = MEMORY_LIMIT) -> dict[str, str]:
    """Spark's configuration: everything that could change a figure is fixed here, and no port but loopback's is opened."""
    fixed = {
        "spark.app.name": "sapa",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.decimalOperations.allowPrecisionLoss": "true",
        "spark.sql.parser.escapedStringLiterals": "false",
        "spark.hadoop.parquet.page.verify-checksum.enabled": "true",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.files.openCostInBytes": "262144",
        "spark.driver.memory": _spark_memory(memory_limit),
        # A driver short of memory must fail: left alone it hangs.
        "spark.driver.extraJavaOptions": "-XX:+ExitOnOutOfMemoryError",
        "spark.executor.memory": EXECUTOR_MEMORY,
        # A lost executor's shuffle files are looked for three times, five seconds apart, if nothing is said.
        "spark.shuffle.io.retryWait": "1s",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
    }
    if _here(master):
        fixed |= {"spark.driver.host": _LOOPBACK, "spark.driver.bindAddress": _LOOPBACK}
    return fixed


def _here(master: str) -> bool:
    return master.startswith("local") or _LOOPBACK in master


def _spark_memory(limit: str) -> str:
    """``768MB`` in Spark's words."""
    number = limit.strip().rstrip("iB")
    if not number[:-1].isdigit() or number[-1] not in "KMGT":
        raise UserError(f"'{limit}' is not an amount of memory", todo="write e.g. 768MB or 2GB")
    return number.lower()


def session(master: str, memory_limit: str = MEMORY_LIMIT) -> Any:
    """The process's Spark session on that master; starting it takes seconds, so it stays until :func:`stop` or the end.

    Raises ``UserError`` where the extra or Java is missing or the master does not answer.
    """
    _require()
    _answers(master)
    from pyspark.sql import SparkSession

    if _here(master):
        os.environ.setdefault("SPARK_LOCAL_IP", _LOOPBACK)
    logging.getLogger("SQLQueryContextLogger").disabled = True
    builder = SparkSession.builder.master(master)
    for name, value in settings(master, memory_limit).items():
        builder = builder.config(name, value)
    try:
        made = builder.getOrCreate()
        if made.sparkContext.master != master or made.sparkContext._jsc.sc().isStopped():
            made.stop()
            made = builder.getOrCreate()
        return made
    except Exception as error:
        todo = "Spark needs Java 17 or later" if master.startswith("local") else "start it, or check the address"
        raise UserError(f"Spark does not start on {master}: {_reason(error)}", todo=todo) from error


def _answers(master: str) -> None:
    """Knock first: Spark itself tries for a minute. Of several masters (``spark://a:7077,b:7077``) one is enough."""
    if not master.startswith("spark://"):
        return
    for place in master.removeprefix("spark://").split(","):
        host, _, port = place.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=5):
                return
        except (OSError, ValueError):
            continue
    raise UserError(f"no Spark master answers at {master}", todo="start it, or check the address")


def stop() -> None:
    """End the process's Spark session, if there is one."""
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        active.stop()


def _require() -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError as error:
        raise UserError("the Spark engine is not installed", todo="pip install 'sapa[spark]'") from error
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").is_file()):
        raise UserError("Spark needs Java, and there is none", todo="install Java 17 or later (openjdk-17-jre-headless)")


def _ours(error: Exception) -> SapaError:
    """The failure as ours."""
    text, reason = str(error), _reason(error)
    if any(name in text for name in _OUT_OF_RANGE):
        return UserError(f"a figure is out of range: {reason}", todo="find the absurd value in the rows and correct it")
    if "checksum" in text:
        return UserError(f"the rows are damaged: {reason}", todo="take the snapshot from a copy; check it with sapa verify")
    if type(error).__name__ == "Py4JNetworkError" or isinstance(error, OSError) or any(name in text for name in _LOST):
        return UserError(f"Spark was lost: {reason}", todo="give more memory with --memory, or look at the cluster")
    return EngineError(f"Spark refused our statement: {reason}", todo="report it with `sapa explain`")


def _reason(error: Exception) -> str:
    """The telling line of an error: Spark's condition, else the innermost cause."""
    text = str(error)
    conditions = re.findall(r"\[[A-Z_.]{5,}\] [^\n]*", text)
    causes = re.findall(r"Caused by: ([^\n]*)", text)
    return str((conditions or causes[-1:] or text.splitlines() or [type(error).__name__])[0])[:300]

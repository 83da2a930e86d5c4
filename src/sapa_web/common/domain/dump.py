"""The tables of a site as JSON lines, the same from every database: what a backup carries and a restore loads.

Written in one transaction that sees one moment, while others go on writing. Sessions are left out: after a restore everybody
signs in anew.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils.duration import duration_iso_string

from sapa.errors import RefusedError

SKIPPED = {"sessions.session", "usersessions.usersession"}
BATCH = 1000


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is as it was at one moment; nobody is kept from writing."""
    if connection.in_atomic_block:  # the caller's transaction is that moment
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")  # deferred: a reader's view, where atomic() would take the writers' lock
            try:
                yield
            finally:
                cursor.execute("COMMIT")


def state() -> list[str]:
    """The migrations this database has gone through, ``app.name``."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def tables() -> list[type[models.Model]]:
    """The models whose rows are carried."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if not model._meta.proxy and model._meta.label_lower not in SKIPPED]


def write(model: type[models.Model], path: Path) -> int:
    """All rows of a model into a compressed file; returns how many."""
    fields = [field.attname for field in model._meta.local_concrete_fields]
    rows: Any = models.QuerySet(model).order_by("pk").values_list(*fields)
    count = 0
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=5) as out:
        out.write(json.dumps({"model": model._meta.label_lower, "fields": fields}) + "\n")
        for row in rows.iterator(chunk_size=BATCH):
            out.write(json.dumps([_plain(value) for value in row], ensure_ascii=False) + "\n")
            count += 1
    return count


def is_empty() -> bool:
    """Whether nobody has worked on this database yet (it may have its tables)."""
    there = set(connection.introspection.table_names())
    for model in tables():
        if model._meta.app_label in ("contenttypes", "auth") or model._meta.db_table not in there:
            continue
        if model._meta.label_lower in ("common.schedule", "django_tasks_database.dbtaskresult", "common.jobrun"):
            continue  # a worker that was started too early leaves these
        if models.QuerySet(model).exists():
            return False
    return True


def load(files: Iterable[Path], migrations: list[str]) -> dict[str, int]:
    """Into an empty database: its tables as they were at ``migrations``, the rows, then the migrations since.

    All rows come in one transaction: all of them or none. Raises ``RefusedError`` where the backup is of a newer version.
    """
    executor = MigrationExecutor(connection)
    nodes = {(name.partition(".")[0], name.partition(".")[2]) for name in migrations}
    known = set(executor.loader.graph.nodes)
    replaced = {node for item in executor.loader.replacements.values() for node in item.replaces}
    unknown = sorted(".".join(node) for node in nodes - known - replaced)
    if unknown:
        raise RefusedError(
            f"this backup is of a newer version (migration {unknown[0]})", todo="restore it with that version of Sapa"
        )
    targets = [node for node in sorted(nodes & known) if not _followed(executor, node, nodes)]
    executor.migrate(targets)
    old = MigrationExecutor(connection).loader.project_state(targets).apps
    with transaction.atomic():
        loaded = dict(_load_table(old, path) for path in sorted(files))
        connection.check_constraints()
        _reset_sequences(old)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    return loaded


def _followed(executor: MigrationExecutor, node: tuple[str, str], nodes: set[Any]) -> bool:
    """Whether a later migration of the same app was applied as well."""
    children = executor.loader.graph.node_map[node].children
    return any(child.key[0] == node[0] and child.key in nodes for child in children)


def _load_table(old: Any, path: Path) -> tuple[str, int]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        header = json.loads(next(lines))
        model = old.get_model(header["model"])
        known = {field.attname: field for field in model._meta.local_concrete_fields}
        fields = [known[name] for name in header["fields"]]
        quote = connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in fields)
        places = ", ".join(["%s"] * len(fields))
        insert = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - names of our models
        count = 0
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {quote(model._meta.db_table)}")  # noqa: S608 - rows a migration has made
            while batch := list(islice(lines, BATCH)):
                cursor.executemany(insert, [_prepared(fields, json.loads(line)) for line in batch])
                count += len(batch)
    return header["model"], count


def _prepared(fields: list[Any], row: list[Any]) -> list[Any]:
    return [_value(field, value) for field, value in zip(fields, row, strict=True)]


def _value(field: Any, value: Any) -> Any:
    target = field.target_field if field.is_relation else field
    if value is None and field.null:
        return None
    if not isinstance(target, models.JSONField):
        value = target.to_python(value)
    return field.get_db_prep_value(value, connection)


def _reset_sequences(old: Any) -> None:
    statements = connection.ops.sequence_reset_sql(no_style(), old.get_models(include_auto_created=True))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return b64encode(bytes(value)).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    return str(value) if isinstance(value, UUID | Decimal) else value

"""The database itself keeps the ledger append-only: entries come at the end, in order, and stay.

A migration that alters the table makes SQLite build it anew, without its triggers: it must end with ``guard`` again
(a test and ``verify_ledger`` find out).
"""

from django.db import migrations

TABLE = "common_ledgerentry"
ORDER = f"""
    NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM {TABLE})
    OR NEW.previous <> coalesce((SELECT digest FROM {TABLE} ORDER BY seq DESC LIMIT 1), '{"0" * 64}')
"""

SQLITE = [
    f"""CREATE TRIGGER ledger_insert BEFORE INSERT ON {TABLE} WHEN {ORDER}
        BEGIN SELECT RAISE(ABORT, 'the ledger grows at its end only'); END""",
    f"""CREATE TRIGGER ledger_update BEFORE UPDATE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, 'a ledger entry is never changed'); END""",
    f"""CREATE TRIGGER ledger_delete BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, 'a ledger entry is never removed'); END""",
]
POSTGRESQL = [
    f"""CREATE OR REPLACE FUNCTION ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF {ORDER} THEN RAISE EXCEPTION 'the ledger grows at its end only' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a ledger entry is never changed or removed' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    f"CREATE TRIGGER ledger_insert BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION ledger_guard()",
    f"CREATE TRIGGER ledger_update BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION ledger_guard()",
    f"CREATE TRIGGER ledger_delete BEFORE DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION ledger_guard()",
    f"CREATE TRIGGER ledger_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard()",
]


def guard(connection):
    """Put the triggers on the table."""
    with connection.cursor() as cursor:
        for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(statement)


def unguard(connection):
    """Take the triggers off (the tests' databases are emptied between tests; nothing else may call this)."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION IF EXISTS ledger_guard() CASCADE")
        else:
            for name in ("ledger_insert", "ledger_update", "ledger_delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("common", "0003_jobs_and_mail")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: guard(editor.connection), lambda apps, editor: unguard(editor.connection), elidable=False
        )
    ]

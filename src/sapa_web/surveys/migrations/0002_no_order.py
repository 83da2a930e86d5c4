"""The tables of slips and answers know no order of arrival: SQLite keeps them by their random keys, without row numbers.

PostgreSQL has no such table; there ``domain.box`` mixes the rows. A migration that alters one of the tables makes SQLite build it
anew, with row numbers: it must end with ``forget_order`` again (a test finds out).
"""

from django.db import migrations

TABLES = ("surveys_slip", "surveys_answer")


def forget_order(connection):
    """Make the tables anew, as they are, ordered by their keys alone."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
            made = cursor.fetchone()[0]
            if made.rstrip().upper().endswith("WITHOUT ROWID"):
                continue
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL", [table])
            indexes = [row[0] for row in cursor.fetchall()]
            cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{table}_old"')
            for (name,) in cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL", [f"{table}_old"]
            ).fetchall():
                cursor.execute(f'DROP INDEX "{name}"')
            cursor.execute(f"{made} WITHOUT ROWID")
            cursor.execute(f'INSERT INTO "{table}" SELECT * FROM "{table}_old"')  # noqa: S608 - names of our own
            cursor.execute(f'DROP TABLE "{table}_old"')
            for statement in indexes:
                cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("surveys", "0001_initial")]

    operations = [
        migrations.RunPython(lambda apps, editor: forget_order(editor.connection), migrations.RunPython.noop, elidable=False)
    ]

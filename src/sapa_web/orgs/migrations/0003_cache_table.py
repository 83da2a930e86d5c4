"""The table of the shared cache, in which attempts to sign in are counted."""

from django.core.management import call_command
from django.db import migrations


def make(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_history_and_imports")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]

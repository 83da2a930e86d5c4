import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_release_work")]

    operations = [
        migrations.AddField("rootentry", "kind", models.CharField(default="archive", max_length=10)),
        migrations.AlterField("rootentry", "pack", models.CharField(blank=True, max_length=60)),
        migrations.AlterField("rootentry", "period", models.CharField(blank=True, max_length=20)),
        migrations.AlterField("rootentry", "size", models.PositiveIntegerField(default=0)),
        migrations.AlterField("rootentry", "as_of", models.DateField(blank=True, null=True)),
        migrations.CreateModel(
            name="FiguresTree",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("root", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("statement", models.BinaryField()),
                (
                    "data",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tree", to="portal.dataversion"
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="portal.rootentry"),
                ),
            ],
        ),
    ]

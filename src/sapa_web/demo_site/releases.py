"""What the demonstration country has published: the yearbook of its last year, out on the first of March."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sapa_web.common import clock
from sapa_web.demo_site.people import address
from sapa_web.orgs.models import User
from sapa_web.portal.domain import preparing, releasing
from sapa_web.portal.models import Release

REPORT = "yearbook"


def publish(pack: str, period: str) -> Release:
    """The yearbook of a period, made by the data manager, approved by the head of the ministry, public on the first of March."""
    out = datetime(int(period) + 1, 3, 1, 6, 30, tzinfo=UTC)
    manager, chief = (User.objects.get(email=address(login)) for login in ("manager", "ministry-head"))
    with clock.standing_at(out - timedelta(days=20)):
        publication = releasing.publication_of(pack, REPORT)
        publication.contact = "statistics@demo.example"
        publication.save(update_fields=["contact"])
        release = releasing.start(manager, publication, period)
        preparing.make_ready(manager, release, documents=False)
        release = Release.objects.get(pk=release.pk)
        releasing.write(manager, release, headline=release.headline, next_on=date(int(period) + 2, 3, 1))
        for section in release.sections.all():
            releasing.write_section(manager, release, section.chapter, None)
        preparing.make_ready(manager, release)
        releasing.admit(
            manager, release, name="Irena Solan", position="Head of the ministry", reason="Approves the release",
            from_at=out - timedelta(days=10),
        )  # fmt: skip
        releasing.submit(manager, release)
        releasing.approve(chief, release)
        releasing.schedule(manager, release, out)
    with clock.standing_at(out):
        releasing.publish_due(manager)
    return Release.objects.get(pk=release.pk)

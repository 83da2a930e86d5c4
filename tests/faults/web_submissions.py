"""A site of many schools, a signed return of each: ``python -m tests.faults.web_submissions N FILE`` in the site's environment.

The file's first line is the token, each other one a request body as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

PERIOD = "2024"


def main(number: int, target: Path) -> None:
    """Migrate, fill, sign."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa_web.config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    codes = [f"{n:07d}" for n in range(1, number + 1)]
    secret = fill(codes)
    with target.open("w") as out:
        out.write(secret + "\n")
        for body in returns(codes):
            out.write(json.dumps(body) + "\n")


def fill(codes: list[str]) -> str:
    """The tree, the campaign, the token of the ministry's system."""
    from sapa_web.api.domain import tokens
    from sapa_web.collection.domain.campaigns import open_campaign
    from sapa_web.common import clock
    from sapa_web.orgs.domain.queries.access import scope_of
    from sapa_web.orgs.domain.tree import Entry, Facts, open_many
    from sapa_web.orgs.models import Membership, User
    from tests.web import cast

    schools = [Entry(code, Facts(f"School {code}", "R1-01", "secondary-school", ("general",))) for code in codes]
    open_many("system:test", cast.OFFICES + schools, cast.SINCE)
    user = User.objects.create_user("administrator@example.org", None, name="Administrator")
    Membership.objects.create(user=user, organisation=cast.organisation("REP"), role="administrator", valid_from=cast.SINCE)
    open_campaign("system:test", cast.PACK, "institutions", PERIOD, opens_on=date(2024, 9, 1), due_on=date(2050, 9, 1))
    wanted = tokens.Wanted(
        "Test system", cast.organisation("REP"), ["see", "enter", "sign"], clock.now() + timedelta(days=30),
        per_minute=60_000, burst=60_000,
    )  # fmt: skip
    return tokens.issue(user, scope_of(user, "administer"), wanted)[1]


def returns(codes: list[str]) -> Iterator[dict[str, Any]]:
    """Every school's return, signed by its head: what its software would send."""
    from sapa.archive.manifest import Manifest, moment
    from sapa.datasets import read_records
    from sapa.datasets.units import canonical_units
    from sapa.signing.batch import SignItem, sign_many
    from sapa_web.collection.domain.packs import dataset_of, pack_named
    from sapa_web.collection.domain.trust import demonstration_authority
    from sapa_web.collection.models import Campaign
    from sapa_web.common import clock
    from tests.web import cast

    campaign, pack = Campaign.objects.get(), pack_named(cast.PACK)
    dataset = dataset_of(cast.PACK, "institutions", PERIOD)
    rows = {code: cast.attributes(f"School {code}", "secondary-school", "general", "R1-01") for code in codes}
    table = read_records([{**row, dataset.unit: code} for code, row in rows.items()], dataset, PERIOD, pack=pack).table
    now, authority = clock.now(), demonstration_authority()
    manifests = {
        unit: Manifest(
            "institutions", PERIOD, unit, 1, count, sha256(content).hexdigest(), cast.PACK, pack.version, campaign.layout,
            moment(now), "Head",
        ).to_bytes()
        for unit, count, content in canonical_units(table, dataset, PERIOD)
    }  # fmt: skip
    signers = authority.people([("Head", unit) for unit in manifests], now=now)
    items = [SignItem(manifest, signer) for manifest, signer in zip(manifests.values(), signers, strict=True)]
    for (unit, manifest), signature in zip(manifests.items(), sign_many(items, signing_time=now), strict=True):
        yield {
            "pack": cast.PACK, "dataset": "institutions", "period": PERIOD, "unit": unit, "rows": [rows[unit]],
            "manifest": b64encode(manifest).decode(), "signature": b64encode(signature).decode(),
        }  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))

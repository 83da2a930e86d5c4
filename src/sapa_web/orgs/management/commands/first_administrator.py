"""``sapa-web first_administrator EMAIL``: the first node of the tree and the first person of an empty site."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse

from sapa_web.orgs.domain.people import first_administrator


class Command(BaseCommand):
    """Everybody else is invited by this person; the command refuses where somebody administers the site already."""

    help = "Open the topmost node and make its administrator; prints the address where the password is set."

    def add_arguments(self, parser: CommandParser) -> None:
        """The person and the node."""
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="name of the person")
        parser.add_argument("--code", required=True, help="identifier of the topmost node, as in the pack's list of territories")
        parser.add_argument("--title", required=True, help="name of the topmost node, e.g. of the ministry")
        parser.add_argument("--since", type=date.fromisoformat, required=True, help="the day from which the node exists, ISO")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Make both and print the address."""
        from allauth.account.forms import default_token_generator
        from allauth.account.utils import user_pk_to_url_str

        user = first_administrator(
            options["email"], options["name"], options["code"], options["title"], options["since"]
        )  # fmt: skip
        if user is None:
            raise CommandError("somebody administers this site already: ask to be invited")
        path = reverse(
            "account_reset_password_from_key",
            kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
        )
        self.stdout.write(f"{settings.SAPA_ADDRESS.rstrip('/')}{path}")

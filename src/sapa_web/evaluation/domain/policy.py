"""The policies of a pack, asked before anything is shown, sent or used outside the work itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from sapa.errors import RefusedError
from sapa.packs.loader import Pack
from sapa.packs.policies import About, Use, may_leave, may_serve, policies_about


@dataclass(frozen=True)
class HeldBack:
    """Material that stays in the institution, and the policy that says so (empty: no policy lets it leave)."""

    about: str
    policy: str
    clause: tuple[str, ...]


def require_use(pack: Pack, about: About, use: Use) -> None:
    """Raises ``RefusedError`` where the pack forbids this use of the material."""
    if not may_serve(pack, about, use):
        named = next(item for item in policies_about(pack, about) if use in item.not_for)
        raise RefusedError(
            _("the policy '%(policy)s' forbids this use: %(use)s") % {"policy": named.id, "use": use},
            todo=_("the material serves the institution's own development; use another source"),
        )


def held_back(pack: Pack, about: About, *, published: bool = False, receiver: str = "") -> HeldBack | None:
    """``None`` where the material may leave; else what holds it."""
    if may_leave(pack, about, published=published, receiver=receiver):
        return None
    found = policies_about(pack, about)
    named = next((item for item in found if item.leaves == "never"), found[0] if found else None)
    return HeldBack(about, named.id if named else "", tuple(named.clause) if named else ())


def require_leave(pack: Pack, about: About, *, published: bool = False, receiver: str = "") -> None:
    """Raises ``RefusedError`` where the material must stay."""
    found = held_back(pack, about, published=published, receiver=receiver)
    if found is not None:
        raise RefusedError(
            _("this stays in the institution: %(policy)s") % {"policy": found.policy or _("no policy lets it leave")},
            todo=_("publish the results; only what is published leaves"),
        )

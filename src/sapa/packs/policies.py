"""What the policies of a pack let leave the institution, and to whom: whoever shows, sends or rates asks here first."""

from __future__ import annotations

from typing import Literal

from sapa.packs.loader import Pack
from sapa.packs.models_quality import Policy

About = Literal["results", "evidence", "answers", "notes"]
Use = Literal["rating-of-staff", "sanctions", "comparison-of-institutions"]


def policies_about(pack: Pack, about: About) -> tuple[Policy, ...]:
    """The policies of the pack, and of those it imports or overlays, on this kind of material."""
    return tuple(policy for policy in pack.policies if policy.about == about)


def may_leave(pack: Pack, about: About, *, published: bool = False, receiver: str = "") -> bool:
    """Whether material may be shown or sent outside the institution: every policy on it must let it.

    ``published``: the institution itself has published it; ``receiver``: code of the body it would go to. Material no policy
    speaks of stays inside: a pack says what leaves, never what does not. What is published is open to everybody, where the
    law lets results go up by duty just as where it does not.
    """
    found = policies_about(pack, about)
    return bool(found) and all(_lets(policy, published, receiver) for policy in found)


def _lets(policy: Policy, published: bool, receiver: str) -> bool:
    if policy.leaves == "never":
        return False
    return published or (policy.leaves == "by-duty" and receiver in policy.receivers)


def may_serve(pack: Pack, about: About, use: Use) -> bool:
    """Whether material may be used for this at all: no policy on it forbids it."""
    return not any(use in policy.not_for for policy in policies_about(pack, about))


__all__ = ["About", "Use", "may_leave", "may_serve", "policies_about"]

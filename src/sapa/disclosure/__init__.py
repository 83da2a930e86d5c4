"""Disclosure control: what may be published so that nobody can tell figures about a few persons."""

from sapa.disclosure.attack import Attack, Inference, attack
from sapa.disclosure.audit import Audit, Interval, audit
from sapa.disclosure.protect import Protection, protect
from sapa.disclosure.release import Reason, releasable

__all__ = [
    "Attack",
    "Audit",
    "Inference",
    "Interval",
    "Protection",
    "Reason",
    "attack",
    "audit",
    "protect",
    "releasable",
]

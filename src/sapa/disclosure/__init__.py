"""Disclosure control: what may be published so that nobody can tell figures about a few persons."""

from sapa.disclosure.audit import Audit, Interval, audit
from sapa.disclosure.protect import Protection, protect

__all__ = ["Audit", "Interval", "Protection", "audit", "protect"]

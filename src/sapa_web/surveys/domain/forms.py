"""Instruments as the engine reads them: made ready once a process, by the digest of what they ask."""

from __future__ import annotations

from sapa.instruments import Form
from sapa.instruments.compiled import CompiledForm, compile_form
from sapa_web.surveys.models import InstrumentVersion

_MOST = 200
_kept: dict[str, CompiledForm] = {}


def compiled(version: InstrumentVersion) -> CompiledForm:
    """The version's form, ready to be answered. A version never changes, so what was made of it is kept."""
    found = _kept.get(version.digest)
    if found is None:
        if len(_kept) >= _MOST:
            _kept.clear()
        found = _kept[version.digest] = compile_form(Form.from_json(version.form))
    return found


def form_of(version: InstrumentVersion) -> Form:
    """The version's form."""
    return compiled(version).form

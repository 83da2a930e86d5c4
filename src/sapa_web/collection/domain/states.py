"""The states of a return and what leads from one to the other."""

from __future__ import annotations

from sapa_web.collection.models import Freeze, Obligation
from sapa_web.common.transitions import Transitions

_O = Obligation
OBLIGATION = Transitions(
    {
        "enter": ((_O.NOT_BEGUN, _O.DRAFT, _O.FINDINGS, _O.READY, _O.SIGNED, _O.RETURNED), _O.DRAFT),
        "find": ((_O.DRAFT, _O.FINDINGS, _O.READY), _O.FINDINGS),
        "pass": ((_O.DRAFT, _O.FINDINGS, _O.READY), _O.READY),
        "sign": ((_O.READY,), _O.SIGNED),
        "adopt": ((_O.NOT_BEGUN, _O.DRAFT, _O.FINDINGS, _O.READY, _O.SIGNED, _O.RETURNED), _O.SIGNED),
        "return": ((_O.SIGNED,), _O.RETURNED),
        "revert": ((_O.DRAFT, _O.FINDINGS, _O.READY), _O.SIGNED),
        "discard": ((_O.DRAFT, _O.FINDINGS, _O.READY), _O.NOT_BEGUN),
    }
)
"""A signed return that is changed becomes a draft again; the signed revision stays in force until the next is signed."""

_F = Freeze
FREEZE = Transitions(
    {
        "announce": ((_F.PLANNED,), _F.ANNOUNCED),
        "suspend": ((_F.ANNOUNCED,), _F.SUSPENDED),
        "begin": ((_F.SUSPENDED, _F.FREEZING), _F.FREEZING),
        "freeze": ((_F.FREEZING,), _F.FROZEN),
        "abandon": ((_F.FREEZING,), _F.SUSPENDED),
        "resume": ((_F.SUSPENDED, _F.FROZEN), _F.RESUMED),
    }
)

"""Indicators: plan (indicators × cuts) → one statement → facts."""

from sapa.indicators.api import ComputeReport, compute
from sapa.indicators.plan import UNKNOWN, Plan
from sapa.indicators.planner import plan

__all__ = ["UNKNOWN", "ComputeReport", "Plan", "compute", "plan"]

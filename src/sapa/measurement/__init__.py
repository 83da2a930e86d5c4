"""Measurement: what answers say and how far they can be trusted: reliability, intervals, agreement, results of surveys."""

from sapa.measurement.agreement import cohen_kappa, krippendorff_alpha, percent_agreement
from sapa.measurement.contrasts import Contrast, Moments, distributions, several_means, two_means
from sapa.measurement.intervals import Interval, mean_interval, share
from sapa.measurement.reliability import Reliability, alpha_of, feldt, omega_of, one_factor, reliability

__all__ = [
    "Contrast",
    "Interval",
    "Moments",
    "Reliability",
    "alpha_of",
    "cohen_kappa",
    "distributions",
    "feldt",
    "krippendorff_alpha",
    "mean_interval",
    "omega_of",
    "one_factor",
    "percent_agreement",
    "reliability",
    "several_means",
    "share",
    "two_means",
]

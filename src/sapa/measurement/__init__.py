"""Measurement: what answers say and how far they can be trusted: reliability, intervals, agreement, results of surveys."""

from sapa.measurement.agreement import alpha_interval, cohen_kappa, krippendorff_alpha, percent_agreement
from sapa.measurement.answers import Answers, answers_of, batches_of, schema_of, table_of
from sapa.measurement.contrasts import Contrast, Moments, distributions, several_means, two_means
from sapa.measurement.intervals import Interval, mean_interval, share
from sapa.measurement.questions import Option, Question, Questionnaire, Scale, questionnaire_of, same_question
from sapa.measurement.reliability import Reliability, alpha_of, feldt, omega_of, one_factor, reliability
from sapa.measurement.results import Cell, Division, QuestionResult, Results, ScaleResult, division_of, results

__all__ = [
    "Answers",
    "Cell",
    "Contrast",
    "Division",
    "Interval",
    "Moments",
    "Option",
    "Question",
    "QuestionResult",
    "Questionnaire",
    "Reliability",
    "Results",
    "Scale",
    "ScaleResult",
    "alpha_interval",
    "alpha_of",
    "answers_of",
    "batches_of",
    "cohen_kappa",
    "distributions",
    "division_of",
    "feldt",
    "krippendorff_alpha",
    "mean_interval",
    "omega_of",
    "one_factor",
    "percent_agreement",
    "questionnaire_of",
    "reliability",
    "results",
    "same_question",
    "schema_of",
    "several_means",
    "share",
    "table_of",
    "two_means",
]

"""Instruments of evidence: one model, its expressions, XLSForm in and out, answers judged."""

from sapa.instruments.answers import AnswerFinding, Checked, check_answers
from sapa.instruments.model import Choice, ChoiceList, Form, FormLanguage, Item, Participants, Scale, Source

__all__ = [
    "AnswerFinding",
    "Checked",
    "Choice",
    "ChoiceList",
    "Form",
    "FormLanguage",
    "Item",
    "Participants",
    "Scale",
    "Source",
    "check_answers",
]

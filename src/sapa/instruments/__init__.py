"""Instruments of evidence: one model, its expressions, XLSForm in and out, answers judged."""

from sapa.instruments.answers import AnswerFinding, Checked, addresses, check_answers, label_of, starting_answers
from sapa.instruments.compiled import CompiledForm, FormFinding, compile_form, compile_json, examine
from sapa.instruments.model import Choice, ChoiceList, Form, FormLanguage, Item, Participants, Scale, Source

__all__ = [
    "AnswerFinding",
    "Checked",
    "Choice",
    "ChoiceList",
    "CompiledForm",
    "Form",
    "FormFinding",
    "FormLanguage",
    "Item",
    "Participants",
    "Scale",
    "Source",
    "addresses",
    "check_answers",
    "compile_form",
    "compile_json",
    "examine",
    "label_of",
    "starting_answers",
]

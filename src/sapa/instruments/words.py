"""What the engine says about forms and answers, in every language of the interface."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = ("en", "ru", "kk", "uk", "be")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """``{code: {language: template}}``; codes of forms begin with ``form.``, those of answers with ``answer.``."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load(files("sapa.instruments").joinpath("wording.yaml").read_text("utf-8"))
    return loaded


def words(code: str, /, **args: str) -> dict[str, str]:
    """The words of a finding in each language, their places filled; a code without words says itself."""
    templates = catalogue().get(code)
    if templates is None:
        return {"en": f"{code} {args or ''}".strip()}
    return {language: _filled(template, args) for language, template in templates.items()}


def _filled(template: str, args: dict[str, Any]) -> str:
    for name, value in args.items():
        template = template.replace("{" + name + "}", str(value))
    return template

"""The words of a release that people answer for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from sapa_web.portal.models import Release


def approved_words(release: Release) -> dict[str, dict[str, str]]:
    """By chapter and language, the words that a person wrote or approved: documents show these instead of generated ones."""
    return {item.chapter: dict(item.text) for item in release.sections.all() if item.approved_at is not None and item.text}


def digest_of(words: Mapping[str, Mapping[str, str]]) -> str:
    """What tells whether a document holds these words."""
    return sha256(json.dumps(words, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

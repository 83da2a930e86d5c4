"""The words that the scripts of the pages show: here, so that they are translated with all others."""

from __future__ import annotations

from typing import Any

GROUPS: dict[str, dict[str, Any]] = {"grid": {}, "sign": {}}

"""What stands in the log of the processes: who and from where beside every request, nothing that opens a door."""

from __future__ import annotations

import logging
import re
from typing import Any

_KEYS = re.compile(r"(/invitation/|/quality/guest/|/password/reset/key/[0-9A-Za-z]+-|[?&](?:code|state|token)=)[^/&\s]+")
_BREAKS = {number: f"\\x{number:02x}" for number in (*range(32), 127, 0x85)} | {0x2028: "\\u2028", 0x2029: "\\u2029"}


class Safe(logging.Filter):
    """Adds ``who`` (``user:12 10.0.0.7``; ``-`` where no request is behind the line), hides links that are keys, and keeps
    an entry on its line: what a stranger sends can't look like another entry."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Nothing is dropped."""
        record.who = _who(getattr(record, "request", None))
        told = record.getMessage()
        record.msg, record.args = hidden(told).translate(_BREAKS), ()
        return True


def hidden(text: str) -> str:
    """The text without the secret part of invitation, guest and reset links and of a provider's answer."""
    return _KEYS.sub(r"\1…", text)


def _who(request: Any) -> str:
    if request is None or not hasattr(request, "META"):
        return "-"
    user = getattr(request, "user", None)
    name = f"user:{user.pk}" if user is not None and getattr(user, "is_authenticated", False) else "nobody"
    return f"{name} {request.META.get('REMOTE_ADDR', '')}".strip()

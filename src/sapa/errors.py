"""Two roots for every failure: what the user can mend, and what we must.

A *finding* is not an exception: a return with mistakes in it is an ordinary value (see ``sapa.packs.findings`` and
``sapa.datasets``). An exception means that the operation could not be carried out at all.
"""

from __future__ import annotations


class SapaError(Exception):
    """Base of both roots; never raised itself."""

    exit_code = 2

    def __init__(self, message: str, *, todo: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.todo = todo

    def __str__(self) -> str:
        return f"{self.message} → {self.todo}" if self.todo else self.message


class UserError(SapaError):
    """The user can mend it; ``todo`` says how. Exit code 2 (wrong use)."""


class RefusedError(UserError):
    """An input was understood and refused for a stated reason (altered, expired, revoked, wrong period …)."""

    exit_code = 1


class EngineError(SapaError):
    """We must mend it: an invariant of the engine did not hold. Exit code 3."""

    exit_code = 3

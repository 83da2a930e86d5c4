"""An exception as a person reads it: what happened, what to do, and the exit code."""

from __future__ import annotations

import errno
import os
import traceback
from pathlib import Path

from sapa.cli import output
from sapa.errors import SapaError, UserError

DEBUG = "SAPA_DEBUG"
"""Environment variable: with any value, a mistake of ours is printed with its traceback."""

_DISK = {
    errno.ENOSPC: ("the disk is full", "make room, then run the same command again: what was written before is whole"),
    errno.EDQUOT: ("the disk quota is used up", "make room, then run the same command again: what was written before is whole"),
    errno.EFBIG: (
        "a file grew beyond the limit set for this user",
        "raise the limit (ulimit -f), then run the same command again",
    ),
    errno.EROFS: ("the disk can only be read", "name a folder you may write to"),
    errno.EACCES: ("permission denied", "ask for the right to it, or name another one"),
    errno.EPERM: ("permission denied", "ask for the right to it, or name another one"),
    errno.ENOENT: ("there is no such file or folder", "check the path"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "check the path"),
    errno.EISDIR: ("it is a folder, not a file", "name a file"),
    errno.EEXIST: ("a file of this name is in the way", "name another folder"),
    errno.ENAMETOOLONG: ("the name is too long", "name a shorter path"),
    errno.EMFILE: ("too many files are open", "raise the limit (ulimit -n), then run the same command again"),
    errno.EIO: ("the disk failed", "check the disk, then run the same command again"),
}


def told(error: BaseException) -> int:
    """Print an exception as one sentence and what to do; returns the exit code."""
    if isinstance(error, BrokenPipeError):
        return output.OK
    known = _known(error)
    if known is None:
        known = _ours(error)
    output.errors.print(f"error: {known.message}", markup=False, soft_wrap=True)
    if known.todo:
        output.errors.print(f"to do: {known.todo}", markup=False, soft_wrap=True)
    return known.exit_code


def _known(error: BaseException | None) -> SapaError | None:
    """What the user can mend: found in the exception or in what caused it."""
    seen = 0
    while error is not None and seen < 8:
        if isinstance(error, SapaError):
            return error
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
            return UserError("there is not enough memory for this", todo="close other programs, or split the input by region")
        if isinstance(error, OSError):
            return _of_disk(error)
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None


def _of_disk(error: OSError) -> UserError:
    text, todo = _DISK.get(error.errno or 0, (error.strerror or str(error), "mend this, then run the same command again"))
    place = f"{error.filename}: " if error.filename else ""
    return UserError(f"{place}{text}", todo=todo)


class _OursError(SapaError):
    exit_code = output.OUR_FAULT


def _ours(error: BaseException) -> SapaError:
    if os.environ.get(DEBUG):
        output.errors.print("".join(traceback.format_exception(error)), markup=False, soft_wrap=True)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split())[:300]
    return _OursError(
        f"a mistake of ours, not of yours: {type(error).__name__}: {text}{place}",
        todo=f"report it with the command; {DEBUG}=1 prints where it happened",
    )

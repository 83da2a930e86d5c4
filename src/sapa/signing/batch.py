"""Signing and checking a whole collection in a pool of processes.

Signatures are judged one by one in Python, so that only processes, not threads, use a second core. The pool is spawned,
not forked: query engines of the same process hold threads, which a fork would break. Hence a script that calls these
functions with many items needs the usual ``if __name__ == "__main__"``. The pool starts with the first large collection
and stays until the process ends: each of its processes imports for a second and keeps what it learned of the trust.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import wait
from typing import NamedTuple, TypeVar

from sapa.errors import EngineError
from sapa.signing.cades import check, sign_detached
from sapa.signing.report import SignatureReport
from sapa.signing.signer import Signer
from sapa.signing.trust import TrustStore

CHUNK = 250
"""Items handed to a process at once."""

WORTH_A_POOL = 5_000
"""Below this many items (1.3 s) the start of the processes costs more than they save."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class CheckItem(NamedTuple):
    """One signature to check; ``unit`` None accepts any institution."""

    payload: bytes
    signature: bytes
    unit: str | None = None


class SignItem(NamedTuple):
    """One payload to sign."""

    payload: bytes
    signer: Signer


def check_many(items: Iterable[CheckItem], trust: TrustStore, *, at: datetime, processes: int = 2) -> list[SignatureReport]:
    """Check every item at the moment ``at``, in order. Raises EngineError when a process of the pool is killed."""
    return _spread(_Check(trust, at), list(items), processes)


def sign_many(items: Iterable[SignItem], *, signing_time: datetime, processes: int = 1) -> list[bytes]:
    """Sign every item at ``signing_time``, in order; one takes 0.1 ms, so that a pool seldom pays."""
    return _spread(_Sign(signing_time), list(items), processes)


class _Check:
    def __init__(self, trust: TrustStore, at: datetime) -> None:
        self.trust, self.at = trust, at
        _ = trust.digest  # computed here once, it travels with the store

    def __call__(self, chunk: Sequence[CheckItem]) -> list[SignatureReport]:
        return [check(item.payload, item.signature, self.trust, at=self.at, expected_unit=item.unit) for item in chunk]


class _Sign:
    def __init__(self, signing_time: datetime) -> None:
        self.signing_time = signing_time

    def __call__(self, chunk: Sequence[SignItem]) -> list[bytes]:
        return [sign_detached(item.payload, item.signer, signing_time=self.signing_time) for item in chunk]


def _spread(work: Callable[[Sequence[_Item]], list[_Result]], items: Sequence[_Item], processes: int) -> list[_Result]:
    if processes < 2 or len(items) < WORTH_A_POOL:
        return work(items)
    chunks = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
    try:
        with _deaf_to_interruption():  # here the processes begin
            answers = _pool(processes).map(work, chunks)
        return [result for results in answers for result in results]
    except BrokenProcessPool as error:
        close_pools()
        todo = "check memory, or use one process"
        raise EngineError("a process of the signature pool ended unexpectedly", todo=todo) from error


_pools: dict[tuple[int, int], ProcessPoolExecutor] = {}  # by process and size: a forked child inherits no processes
_pools_lock = threading.Lock()


def _pool(processes: int) -> ProcessPoolExecutor:
    key = (os.getpid(), processes)
    with _pools_lock:
        if key not in _pools:
            context = get_context("spawn")
            _pools[key] = ProcessPoolExecutor(processes, mp_context=context, initializer=_follow_parent)
        return _pools[key]


def close_pools() -> None:
    """End this process's pools, at the latest when it ends itself; the next large collection begins a new one."""
    with _pools_lock:
        own = [_pools.pop(key) for key in list(_pools) if key[0] == os.getpid()]
    for pool in own:
        pool.shutdown(wait=True, cancel_futures=True)


atexit.register(close_pools)


@contextmanager
def _deaf_to_interruption() -> Iterator[None]:
    """Ctrl-C waits until the end of the block; processes begun inside never hear it.

    It reaches every process of a terminal. Theirs would be a traceback each, already in the second in which they import; only
    the parent tells the user, and ends them.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # it deafens itself, and would open our ears again inside
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow_parent() -> None:
    """A process of the pool ends with its parent and not by Ctrl-C before it.

    A parent that is killed tells nobody: without the thread its pool would wait for work for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=lambda: wait([parent.sentinel]) and os._exit(1), daemon=True).start()

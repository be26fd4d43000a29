"""When the work that is under way began: of somebody who was erased since then it may write nothing any more.

A time of this machine's clock. What is told to the database is how long ago it was, so that clocks need not agree.
"""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from langgraph.store.base import Op, PutOp

from memory.long_term.statements.operations import PutIf, PutSince

P = ParamSpec("P")
Result = TypeVar("Result")

_began: Final[ContextVar[float | None]] = ContextVar("began", default=None)


def begun() -> float:
    """When the work that is under way began, in seconds since 1970; now, where nobody said so."""
    known = _began.get()
    return time.time() if known is None else known


def begin(moment: datetime | None = None) -> None:
    """From here on, in this task and in those that it starts, the work under way began at this moment, or now."""
    _began.set(time.time() if moment is None else moment.timestamp())


@contextmanager
def since(moment: datetime | None = None) -> Iterator[None]:
    """Work that began at this moment, or now; what began earlier already, did."""
    given = time.time() if moment is None else moment.timestamp()
    known = _began.get()
    token = _began.set(given if known is None else min(known, given))
    try:
        yield
    finally:
        _began.reset(token)


def begins_now(work: Callable[P, Awaitable[Result]]) -> Callable[P, Awaitable[Result]]:
    """Of work that reads, takes its time and writes: it began when it was called, if not before."""

    @wraps(work)
    async def dated_work(*args: P.args, **kwargs: P.kwargs) -> Result:
        with since():
            return await work(*args, **kwargs)

    return dated_work


def dated(ops: Sequence[Op]) -> list[Op]:
    """The operations, each put with when its work began; one that has it already keeps it."""
    return [_dated(op) for op in ops]


def _dated(op: Op) -> Op:
    if not isinstance(op, PutOp) or op.value is None or getattr(op, "began", None) is not None:
        return op
    return PutIf(op, op.version, begun()) if isinstance(op, PutIf) else PutSince(op, begun())


def age_s(op: PutOp) -> float:
    """How many seconds ago the put's work began; 0 where it does not say."""
    began = getattr(op, "began", None)
    return 0.0 if began is None else max(0.0, time.time() - began)

"""A clock that a case sets, for every module of ours that asks what time it is."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest

OURS = ("config", "memory", "agents", "graphs", "server", "cli")
_moved: ContextVar[timedelta] = ContextVar("moved", default=timedelta())


class _Datetime:
    """Stands where `datetime` was imported: all of it is the real one's, save what time it is."""

    def now(self, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + _moved.get()

    def __call__(self, *args: Any, **kwargs: Any) -> datetime:
        return datetime(*args, **kwargs)  # noqa: DTZ001 - as the caller wants it

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, datetime)


class _Time:
    """Stands where `time` was imported: the seconds since 1970 are the case's, waits and durations the machine's."""

    def time(self) -> float:
        return time.time() + _moved.get().total_seconds()

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


@contextmanager
def movable_clock() -> Iterator[None]:
    """While it is open, our modules read a clock that `move` sets for the task that calls it."""
    stands = {"datetime": (datetime, _Datetime()), "time": (time, _Time())}
    with pytest.MonkeyPatch.context() as patch:
        for place, module in list(sys.modules.items()):
            for name, (usual, stand) in stands.items():
                if place.partition(".")[0] in OURS and getattr(module, name, None) is usual:
                    patch.setattr(module, name, stand)
        yield


def set_to(moment: datetime) -> None:
    _moved.set(moment - datetime.now(moment.tzinfo))


def move(by: timedelta) -> None:
    _moved.set(_moved.get() + by)


def moment() -> datetime:
    return datetime.now().astimezone() + _moved.get()

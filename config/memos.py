"""Results kept in this process because they cost time: of what users said, so that an erasure forgets them all."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_kept: list[Any] = []


def memo(size: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep the last `size` results of a pure function of texts, until `forget_memos`."""

    def keeping(function: Callable[P, T]) -> Callable[P, T]:
        kept = lru_cache(maxsize=size)(function)
        _kept.append(kept)
        return cast("Callable[P, T]", kept)

    return keeping


def forget_memos() -> None:
    """Drop every result; each is computed again when it is asked for."""
    for kept in _kept:
        kept.cache_clear()


def memos_held() -> int:
    """How many results are kept."""
    return sum(kept.cache_info().currsize for kept in _kept)

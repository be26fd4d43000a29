"""Which reads renew the lifetimes of what they find: those whose reader asked for it.

LangGraph's GetOp and SearchOp have `refresh_ttl=True` by default, so that True in an operation says nothing of what
its reader wants. A wish is told by ASKED, which every other store takes for True.
"""

from enum import IntEnum
from typing import Final, cast

from langgraph.store.base import Op


class _Wish(IntEnum):
    ASKED = 1


ASKED: Final = cast(bool, _Wish.ASKED)
"""For an operation of one's own: `GetOp(namespace, key, refresh_ttl=ASKED)`."""


def told(refresh_ttl: bool | None) -> bool | None:
    """What a reader gave to a method, so that the store's own default (None) is told from a wish."""
    return ASKED if refresh_ttl else refresh_ttl


def renews(op: Op) -> bool:
    """Whether this operation's reader asked for it."""
    return getattr(op, "refresh_ttl", None) is ASKED

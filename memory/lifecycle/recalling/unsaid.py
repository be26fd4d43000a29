"""Which words of a conversation do not hold any more, though its messages still stand before the model.

Their episodes know: words are marked there once the facts that they taught have ended, and are gone once forgotten.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from langgraph.store.base import BaseStore, GetOp, Item
from typing_extensions import TypedDict

from memory.lifecycle.language.pasted import is_verbatim, parts_of
from memory.lifecycle.language.statements import read
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Source, Status, memory_id
from memory.text import shorten

MAX_READ: Final = 50
"""Of a conversation's messages, so many of the newest are looked at."""
MAX_SHOWN: Final = 12
MAX_CHARS: Final = 200
MAX_TEXT_CHARS: Final = 4_000
"""Of a message, in which something may be said again."""


class Unsaid(TypedDict):
    """Words of a message that do not hold any more; none: the whole message was forgotten."""

    message_id: str
    words: str
    until: str | None
    """An ISO time; None: it never was so."""


async def unsaid(
    stores: Sequence[BaseStore], user_id: str, thread_id: str, said: Mapping[str, str]
) -> list[Unsaid]:
    """Of these messages (text by id, in their order), as the episodes in any of these places tell. Reads by key."""
    newest = list(said)[-MAX_READ:]
    place = memory_namespace(user_id, Kind.EPISODIC)
    keys = [memory_id(Kind.EPISODIC, thread_id, [each], "episode") for each in newest]
    ops = [GetOp(place, key, refresh_ttl=False) for key in keys]
    found: dict[str, Memory] = {}
    for store in stores if ops else ():
        for message_id, item in zip(newest, await store.abatch(ops), strict=True):
            if isinstance(item, Item):
                found.setdefault(message_id, Memory.from_value(item.value))
    return taken_back(found, said)


def taken_back(episodes: Mapping[str, Memory], said: Mapping[str, str]) -> list[Unsaid]:
    """By message id: all that was forgotten, and the newest of what has ended. What is said again later holds."""
    rows = [row for name in said if name in episodes for row in _rows(name, episodes[name])]
    over = {(row["message_id"], row["words"]) for row in rows}
    order = list(said)

    def holds_again(row: Unsaid) -> bool:
        later = order[order.index(row["message_id"]) + 1 :]
        return any(
            (name, row["words"]) not in over and _states(said[name], row["words"])
            for name in later
            if name not in episodes or episodes[name].provenance.source is Source.USER
        )

    ended = [row for row in rows if row["words"] and not holds_again(row)]
    return [*(row for row in rows if not row["words"]), *ended[-MAX_SHOWN:]]


def _states(text: str, words: str) -> bool:
    """Whether a sentence says so, rather than asks or denies it."""
    told = text[:MAX_TEXT_CHARS]
    return is_verbatim(words, told) and any(
        is_verbatim(words, part) and not part.rstrip().endswith("?") and read(part).holds == read(words).holds
        for part in parts_of(told)
    )


def _rows(message_id: str, episode: Memory) -> Iterator[Unsaid]:
    if episode.emptied and episode.undone is None:
        yield Unsaid(message_id=message_id, words="", until=None)
    elif episode.provenance.source is Source.USER:
        retracted = episode.status is Status.RETRACTED and episode.undone is None
        told: list[tuple[str, datetime | None]] = [(mark.words, mark.until) for mark in episode.withdrawn]
        for words, until in [(episode.detail, None)] if retracted else told:
            shown = shorten(words, MAX_CHARS).rstrip("…")
            yield Unsaid(message_id=message_id, words=shown, until=until.isoformat() if until else None)

"""The known memories that a turn may say again, add to or change.

No text is embedded for them but the user's own, which recall has embedded just before.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from langgraph.store.base import BaseStore, GetOp, Item, Result, SearchItem, SearchOp
from pydantic import ValidationError

from config.redaction import mask_secrets
from memory.lifecycle.language.statements import slot_of
from memory.long_term.language.lexemes import lexemes
from memory.long_term.ranking.question import MAX_QUERY_CHARS, in_third_person
from memory.long_term.ranking.recipes import HYBRID
from memory.long_term.statements.operations import options
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status

MAX_RELATED: Final = 8
BESIDE: Final = 8
"""Memories that are looked at for each way of looking for what a fact may change."""
_USER = re.compile(r"^the user(?:['’]s)?\s", re.IGNORECASE)


@dataclass(frozen=True)
class Neighbour:
    """A memory and its version, where the store has versions."""

    memory: Memory
    version: int | None = None


def knows_strategies(store: BaseStore) -> bool:
    """Whether it is one of ours, with strategies of search and conditional writes."""
    return HYBRID.name in getattr(store, "strategies", ())


def near_to(store: BaseStore, user_id: str, text: str) -> list[SearchOp]:
    """The search for at most MAX_RELATED active facts near to what the user said, the nearest first; none for none."""
    query = mask_secrets(text[:MAX_QUERY_CHARS])
    if not query.strip():
        return []
    # By meaning alone: the words are looked for beside each fact, and a search by all lanes costs three times as much.
    op = SearchOp(
        memory_namespace(user_id, Kind.SEMANTIC),
        query=in_third_person(query),
        filter=None if knows_strategies(store) else {"status": Status.ACTIVE.value},
        limit=MAX_RELATED,
        refresh_ttl=False,
    )
    return [op]


async def beside(store: BaseStore, user_id: str, memories: Sequence[Memory]) -> list[Neighbour]:
    """What these may say again or change: the same words, words in common, other values of the same attribute."""
    ours, active = knows_strategies(store), {"status": Status.ACTIVE.value}
    # By words, the same words come first; to look for them in every value takes the longer, the more there are.
    ops = [
        _twin(user_id, memory, active)
        for memory in memories
        if not (ours and lexemes(own_words(memory.text)))
    ]
    asked = options("keyword") if ours else active
    ops += [
        SearchOp(
            memory_namespace(user_id, Kind.SEMANTIC),
            query=words,
            filter=asked,
            limit=BESIDE,
            refresh_ttl=False,
        )
        for memory in memories
        for words in _words(memory.text)
    ]
    return await looked_up(store, ops)


def _words(statement: str) -> list[str]:
    """By which it is looked for: by its own words, and by those of other values of its attribute."""
    slot = slot_of(statement)
    words = [own_words(statement), slot.words if slot and slot.single else ""]
    return [each for each in words if each.strip()]


def own_words(statement: str) -> str:
    """A statement without that it is about the user, as all are."""
    return _USER.sub("", statement)


async def twins(
    store: BaseStore, user_id: str, memories: Sequence[Memory], *, active: bool = True
) -> dict[str, Neighbour]:
    """By fingerprint, what says the same word for word; `active`: and is recalled."""
    asked = {"status": Status.ACTIVE.value} if active else {}
    found = await looked_up(store, [_twin(user_id, memory, asked) for memory in memories])
    return {each.memory.fingerprint: each for each in found}


async def versioned(store: BaseStore, user_id: str, memory_id: str) -> Neighbour | None:
    """A memory of any kind as it is now."""
    ops = [GetOp(memory_namespace(user_id, kind), memory_id, refresh_ttl=False) for kind in Kind]
    items = [item for item in await store.abatch(ops) if isinstance(item, Item)]
    return Neighbour(Memory.from_value(items[0].value), _version(items[0])) if items else None


def _twin(user_id: str, memory: Memory, asked: dict[str, str]) -> SearchOp:
    return SearchOp(
        memory_namespace(user_id, Kind.SEMANTIC),
        filter={"fingerprint": memory.fingerprint, **asked},
        limit=1,
        refresh_ttl=False,
    )


async def looked_up(store: BaseStore, ops: Sequence[SearchOp]) -> list[Neighbour]:
    """What any of these searches finds, each memory once."""
    return as_neighbours(await store.abatch(ops)) if ops else []


def as_neighbours(results: Iterable[Result]) -> list[Neighbour]:
    """What such searches found, each once; another program's values are left out."""
    found: dict[str, Neighbour] = {}
    for item in (item for items in cast(Iterable[list[SearchItem]], results) for item in items):
        try:
            memory = Memory.from_value(item.value)
        except ValidationError:
            continue  # not one of ours: another program may keep its own values beside them
        found.setdefault(memory.id, Neighbour(memory, _version(item)))
    return list(found.values())


def _version(item: Item) -> int | None:
    return getattr(item, "version", None)

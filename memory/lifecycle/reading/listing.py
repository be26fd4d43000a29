"""What a user has in memory, read for people."""

from collections.abc import Sequence

from langgraph.store.base import BaseStore
from pydantic import ValidationError

from memory.long_term.language.lexemes import lexemes
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status

PAGE = 200


async def memories_of(
    store: BaseStore, user_id: str, *, kinds: tuple[Kind, ...] = (Kind.SEMANTIC,), limit: int = PAGE
) -> list[Memory]:
    """The user's active memories of these kinds, newest first, at most `limit` of each kind."""
    found: list[Memory] = []
    for kind in kinds:
        items = await store.asearch(
            memory_namespace(user_id, kind),
            filter={"status": Status.ACTIVE.value},
            limit=limit,
            refresh_ttl=False,
        )
        for item in items:
            try:
                found.append(Memory.from_value(item.value))
            except ValidationError:
                continue  # another program's value
    return sorted(found, key=lambda memory: (memory.provenance.said_at, memory.id), reverse=True)


def holding(words: str, facts: Sequence[Memory], episodes: Sequence[Memory]) -> list[Memory]:
    """The facts that hold all that these words are about, whoever says "my" of them.

    Where there are none, the episodes that do, behind the facts that were learned from them.
    """
    wanted = set(lexemes(words))
    if not wanted:
        return []
    found = [fact for fact in facts if wanted <= set(lexemes(fact.text))]
    if found:
        return found
    said = [each for each in episodes if wanted <= set(lexemes(each.text))]
    turns = {each.turn for each in said}
    return [*(fact for fact in facts if turns & {fact.turn, *fact.also}), *said]

"""What a user has in memory, read for people."""

from langgraph.store.base import BaseStore
from pydantic import ValidationError

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

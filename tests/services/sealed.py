"""Sealed conversations on a database of their own, and what of them a dump shows."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import psycopg
from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.channels.delta import DeltaChannel
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from config.settings import Settings
from memory.postgres.pool import open_pool
from memory.short_term.factory import state_parts
from memory.short_term.postgres.sealed_saver import SealedPostgresSaver
from tests.services.encrypted import NEW, OLD

OLD_KEY, NEW_KEY = (f"{name}:{base64.b64encode(key).decode()}" for name, key in (("old", OLD), ("new", NEW)))
BOTH_KEYS = f"{OLD_KEY},{NEW_KEY}"


def _joined(state: list[AnyMessage], writes: list[list[AnyMessage]]) -> list[AnyMessage]:
    return [*state, *(message for write in writes for message in write)]


class ToldByWrites(TypedDict):
    messages: Annotated[list[AnyMessage], DeltaChannel(_joined, snapshot_frequency=3)]


def told_by_writes() -> StateGraph[ToldByWrites, Any, Any, Any]:
    """A conversation of which only what is new is kept, with a whole value at every third change."""
    builder = StateGraph(ToldByWrites)
    builder.add_node("echo", lambda state: {"messages": [HumanMessage("saxophone")]})
    builder.add_edge(START, "echo")
    return builder


@asynccontextmanager
async def sealed_saver(address: str, keys: str = OLD_KEY, **more: Any) -> AsyncIterator[SealedPostgresSaver]:
    """As the factory makes it, but that it agrees with the database."""
    _, state = state_parts(Settings(postgres=address, encryption_keys=keys, **more))
    assert state
    async with open_pool(address, max_size=4, timeout_s=20, name="sealed") as pool:
        saver = SealedPostgresSaver(pool, state)
        await saver.setup()
        yield saver


def rows(address: str, query: str, *params: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(query, params)
        return cursor.fetchall() if cursor.description else []

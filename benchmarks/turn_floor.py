"""The least that a turn which remembers does, written by hand: what it costs, no design goes below.

Three nodes on our saver: one embeds what was said and asks one prepared vector search, one calls the model, one embeds
two facts and writes them and what was said by one prepared statement. No words, no times, no look at what is known
already, no isolation, no erasure.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import numpy as np
from langchain_core.messages import SystemMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, MessagesState, StateGraph
from pgvector import HalfVector
from psycopg import AsyncConnection

from benchmarks import turn
from benchmarks.contestants import FLOOR_INDEX, FLOOR_SEARCH, FLOOR_TABLE
from memory.embeddings.checked import CheckedEmbeddings
from memory.long_term.ranking.signs import bits_of
from memory.long_term.rows.isolation import EVERYBODY, SETTING

USER: Final = "users.bench"
_COPY: Final = """
    INSERT INTO bench_floor (owner, id, value, bits, embedding)
    SELECT %(owner)s, i.id, i.value, v.bits, v.embedding FROM memory_items i
    JOIN memory_vectors v ON v.owner = i.owner AND v.id = i.id WHERE v.view = 0
    ON CONFLICT (owner, id) DO NOTHING
"""
_PUT: Final = """
    INSERT INTO bench_floor (owner, id, value, bits, embedding)
    SELECT %(owner)s, nextval('bench_floor_ids'), given.* FROM unnest(
        %(values)s::jsonb[], %(bits)b::bit varying[], %(vectors)b::halfvec[]
    ) AS given(value, bits, embedding)
"""


class Recalled(MessagesState, total=False):
    recalled: list[str]


@asynccontextmanager
async def floor_graph(
    conn: AsyncConnection[Any], saver: BaseCheckpointSaver[Any], embeddings: CheckedEmbeddings
) -> AsyncIterator[Any]:
    """The compiled graph; `conn` is its own and knows vectors."""
    await conn.execute(FLOOR_TABLE)
    await conn.execute(FLOOR_INDEX)
    await conn.execute("CREATE SEQUENCE bench_floor_ids START 1000000000")

    async def recall(state: Recalled) -> dict[str, Any]:
        vector = await embeddings.aembed_query(str(state["messages"][-1].text))
        given = {"owner": USER, "bits": bits_of(vector), "vector": HalfVector(vector)}
        cursor = await conn.execute(FLOOR_SEARCH, given, prepare=True, binary=True)
        return {"recalled": [row[1]["text"] for row in await cursor.fetchall()]}

    async def respond(state: Recalled) -> dict[str, Any]:
        prompt = SystemMessage("\n".join(state["recalled"]))
        return {"messages": [await turn.instant().ainvoke([prompt, *state["messages"]])]}

    async def remember(state: Recalled) -> dict[str, Any]:
        said = str(state["messages"][-2].text)
        facts = [f"{each.strip(' .')}." for each in said.replace("I ", "The user ", 1).split(", and ")]
        await conn.execute(_PUT, _rows([said, *facts], await _vectors(embeddings, said, facts)), prepare=True)
        return {}

    builder = StateGraph(Recalled)
    for node in (recall, respond, remember):
        builder.add_node(node.__name__, node)
    builder.add_edge(START, "recall").add_edge("recall", "respond").add_edge("respond", "remember")
    yield builder.compile(checkpointer=saver)


async def copy_to_floor(conn: AsyncConnection[Any]) -> None:
    """All that our store keeps, into the floor's table."""
    await conn.execute("SELECT set_config(%s, %s, false)", (SETTING, EVERYBODY))
    await conn.execute(_COPY, {"owner": USER})
    await conn.execute("VACUUM ANALYZE bench_floor")


async def _vectors(embeddings: CheckedEmbeddings, said: str, facts: Sequence[str]) -> list[list[float]]:
    # What was said was embedded by the recall, and is in the cache.
    return [await embeddings.aembed_query(said), *await embeddings.aembed_documents(list(facts))]


def _rows(texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> dict[str, Any]:
    arrays = [np.asarray(vector, dtype=np.float32) for vector in vectors]
    return {
        "owner": USER,
        "values": [json.dumps({"text": text}) for text in texts],
        "bits": [bits_of(vector) for vector in arrays],
        "vectors": [HalfVector(vector) for vector in arrays],
    }

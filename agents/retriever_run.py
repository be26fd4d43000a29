"""A search of memories, as traces show a retriever: its query in, the documents out."""

from collections.abc import Awaitable

from langchain_core.documents import Document
from langchain_core.runnables.config import get_async_callback_manager_for_config
from langgraph.config import get_config

from memory.lifecycle.recalling.recalled import Recalled

NAME = "memories"


async def as_retriever(query: str, search: Awaitable[list[Recalled]]) -> list[Recalled]:
    """What the search finds; it raises what the search raises."""
    manager = get_async_callback_manager_for_config(get_config())
    run = await manager.on_retriever_start(None, query, name=NAME)
    try:
        found = await search
    except BaseException as error:
        await run.on_retriever_error(error)
        raise
    await run.on_retriever_end([_document(item) for item in found])
    return found


def _document(item: Recalled) -> Document:
    told = {"kind": item.kind.value, "rank": item.rank, "score": item.score, "why": item.why}
    return Document(item.text, id=item.id, metadata=told)

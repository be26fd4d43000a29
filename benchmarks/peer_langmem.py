"""langmem's store manager, for benchmarks.peers: `python -m benchmarks.peer_langmem POSTGRES MODEL MEMORIES TURNS`."""

import asyncio
import sys
from typing import Any

from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langgraph.store.postgres import AsyncPostgresStore
from langmem import create_memory_store_manager

from benchmarks.peer_turns import DIMS, USER, timed, told

NAMESPACE = ("memories", USER)


async def main(postgres: str, model: str, memories: int, turns: int) -> None:
    openai: Any = {"model": "scripted", "base_url": model, "api_key": "none"}
    embed = OpenAIEmbeddings(**openai, check_embedding_ctx_length=False)
    chat = ChatOpenAI(**openai)
    async with AsyncPostgresStore.from_conn_string(
        postgres, index={"dims": DIMS, "embed": embed, "fields": ["content.content"]}
    ) as store:
        await store.setup()
        manager = create_memory_store_manager(chat, namespace=NAMESPACE, store=store)
        for number in range(memories):
            await store.aput(NAMESPACE, str(number), {"kind": "Memory", "content": {"content": told(number)}})

        async def recall(text: str) -> None:
            await store.asearch(NAMESPACE, query=text, limit=8)

        async def remember(text: str) -> None:
            said = [{"role": "user", "content": text}, {"role": "assistant", "content": "All right."}]
            await manager.ainvoke({"messages": said})

        await timed(recall, remember, turns)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))

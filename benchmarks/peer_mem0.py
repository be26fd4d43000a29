"""mem0 with pgvector, for benchmarks.peers: `python -m benchmarks.peer_mem0 POSTGRES MODEL MEMORIES TURNS`."""

import asyncio
import sys

from mem0 import Memory

from benchmarks.peer_turns import DIMS, USER, timed, told


async def main(postgres: str, model: str, memories: int, turns: int) -> None:
    openai = {"openai_base_url": model, "api_key": "none", "model": "scripted"}
    place = {"connection_string": postgres, "collection_name": "peer", "embedding_model_dims": DIMS}
    memory = Memory.from_config(
        {
            "llm": {"provider": "openai", "config": openai},
            "embedder": {"provider": "openai", "config": {**openai, "embedding_dims": DIMS}},
            "vector_store": {"provider": "pgvector", "config": place},
        }
    )
    for number in range(memories):
        memory.add(told(number), user_id=USER, infer=False)

    async def recall(text: str) -> None:
        memory.search(text, filters={"user_id": USER}, top_k=8)

    async def remember(text: str) -> None:
        said = [{"role": "user", "content": text}, {"role": "assistant", "content": "All right."}]
        memory.add(said, user_id=USER)

    await timed(recall, remember, turns)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))

"""The real server with the cache, the batcher and the encrypter on: it remembers, and no word of it lies in clear."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from langgraph_sdk import get_client

from tests.contract import stored
from tests.integration.test_encryption_settings import OLD_KEY
from tests.services.dev_server import DevServer, running_dev_server
from tests.services.encrypted import dump, found_in, kept_in
from tests.services.postgres import Client

ANA = {"user_id": "ana"}
SAID = "My name is Ana, I live in Reykjavik and my porcupine is called Quillfeather."
WORDS = ["reykjavik", "porcupine", "quillfeather"]


@pytest.fixture
def server(redis_database: str) -> Iterator[DevServer]:
    with running_dev_server(
        MNEMOGRAPH_CACHE=redis_database,
        MNEMOGRAPH_CACHE_MAX_AGE_S="30",
        MNEMOGRAPH_WRITE_BATCHING="early",
        MNEMOGRAPH_ENCRYPTION_KEYS=OLD_KEY,
    ) as running:
        yield running


async def test_a_second_thread_recalls_and_nothing_is_in_clear(
    server: DevServer, redis_database: str
) -> None:
    async with get_client(url=server.url) as client:

        async def turn(text: str) -> dict[str, Any]:
            thread = await client.threads.create()
            message = {"role": "user", "content": text, "id": str(uuid.uuid4())}
            return dict(
                await client.runs.wait(  # type: ignore[call-overload]
                    thread["thread_id"], "agent", input={"messages": [message]}, context=ANA
                )
            )

        taught = await turn(SAID)
        assert taught["learned"]
        assert not taught["warnings"]
        answer = await turn("Where do I live?")
        assert not answer["warnings"]
        assert "Reykjavik" in answer["messages"][-1]["content"]
        assert all(each["receipt"]["lanes"] for each in answer["recalled"])
        cached: dict[str, str] = {}
        while not cached:  # a cache is not used before its Redis is known for a while; the time-out bounds it
            found = await client.store.search_items(
                ("users", "ana"), query="porcupine", filter={"$strategy": "hybrid"}
            )
            assert "Quillfeather" in str(found["items"])
            cached = kept_in(redis_database)
        threads = [each["thread_id"] for each in await client.threads.search()]
        said = [str(await client.threads.get_history(thread)) for thread in threads]
        assert sum(SAID in each for each in said) == 1
    owner = Client(server.folder / "data")
    try:
        texts = dump(owner.address)
        conversations = {"all": stored.in_postgres(owner.address).decode(errors="replace")}
    finally:
        owner.end()
    assert texts["memory_items"].count("$sealed") >= 3
    assert found_in(texts, WORDS) == found_in(cached, WORDS) == set()
    assert "$sealed" in " ".join(cached.values())
    assert conversations["all"].count("~sealed") >= 3
    assert found_in(conversations, WORDS) == set()

"""What a turn asks of the models: one extraction of a bounded size, two embeddings, however much is known."""

import json
from typing import Any

import pytest
from langgraph.store.base import BaseStore

from agents.prompts import EXTRACTION
from config.settings import Settings, settings
from graphs.chat import Chat, compile_chat
from memory.lifecycle.reading.listing import memories_of
from memory.lifecycle.turns.extraction import Extraction
from memory.long_term.factory import open_store
from memory.short_term.factory import open_checkpointer
from tests.services.chat import ANA, say
from tests.services.openai_server import OpenAIServer

MOST = 6_000


def noted(number: int, message_id: str) -> dict[str, Any]:
    """Two facts, of which one changes what was said in the turn before."""
    made = {
        "category": "location",
        "importance": 0.5,
        "subject": "user",
        "since": "",
        "change": "new",
        "of": "",
    }
    rows = [
        {"statement": f"The user lives in {CITIES[number]}.", "quote": f"I live in {CITIES[number]} now"},
        {
            "statement": f"The user likes thing {number} with {'long words ' * 30}.",
            "quote": f"I like thing {number}",
        },
    ]
    return {
        "summary": "Facts.",
        "facts": [{**row, "message_id": message_id, **made} for row in rows],
        "procedures": [],
    }


CITIES = (
    "Lisbon",
    "Porto",
    "Braga",
    "Faro",
    "Evora",
    "Sines",
    "Tavira",
    "Lagos",
    "Aveiro",
    "Viseu",
    "Beja",
    "Guarda",
)


async def test_a_turn_costs_one_extraction_and_two_embeddings(
    configured: Settings, openai_model: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNEMOGRAPH_EMBEDDINGS", "openai:test-embedding")
    settings.cache_clear()
    async with open_store(settings()) as store, open_checkpointer(settings()) as checkpointer:
        chat = compile_chat(checkpointer, store)
        sizes = []
        for number in range(len(CITIES)):
            openai_model.requests.clear()
            openai_model.say("Noted.")
            openai_model.structured(noted(number, f"m{number}"))
            words = f"I live in {CITIES[number]} now. I like thing {number}."
            await say(chat, words, message_id=f"m{number}")
            embeddings = [each for each in openai_model.requests if each.path == "/v1/embeddings"]
            assert len(embeddings) == 2, (
                "recall's, which the look for what is related shares, and the write's"
            )
            assert len(openai_model.chats) == 2
            asked = openai_model.chats[1]["messages"]
            sizes.append(sum(len(str(message["content"])) for message in asked))
        schema = len(json.dumps(Extraction.model_json_schema()))
        assert max(sizes) + schema <= MOST
        assert max(sizes[-3:]) - max(sizes[9:-3] or sizes[-3:]) < 200, (
            "it grows neither with memories nor with turns"
        )
        await only_the_last_home_holds(store)


async def only_the_last_home_holds(store: BaseStore) -> None:
    homes = [memory.text for memory in await memories_of(store, ANA) if "lives in" in memory.text]
    assert homes == [f"The user lives in {CITIES[-1]}."]


def test_the_prompt_leaves_room_for_what_is_related() -> None:
    assert len(EXTRACTION) <= MOST / 2


NO = "No, it is Porto now."


async def test_a_correction_in_the_chat_works_offline(chat: Chat, store: BaseStore) -> None:
    await say(chat, "I live in Lisbon.")
    await say(chat, "Where do I live?")
    await say(chat, NO)
    assert [memory.text for memory in await memories_of(store, ANA)] == ["The user lives in Porto."]


async def test_a_correction_in_the_chat_works_with_a_model(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    openai_model.say("Noted.")
    openai_model.structured(noted(0, "m1"))
    await say(chat, "I live in Lisbon now.", message_id="m1")
    [old] = await memories_of(store, ANA)
    openai_model.say("Porto, I see.")
    row = noted(1, "m2")["facts"][0] | {"quote": NO, "change": "outdates", "of": old.id}
    openai_model.structured({"summary": "", "facts": [row], "procedures": []})
    await say(chat, NO, message_id="m2")
    assert [memory.text for memory in await memories_of(store, ANA)] == ["The user lives in Porto."]

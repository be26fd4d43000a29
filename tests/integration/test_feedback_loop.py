"""What was recalled and what the agent said of it is no new evidence, however often it goes round."""

from typing import Any

from langgraph.store.base import BaseStore

from graphs.chat import Chat
from memory.lifecycle.reading.lookup import all_of
from memory.schema import Kind
from tests.services.chat import ANA, facts, say, thread
from tests.services.openai_server import OpenAIServer

ROUNDS = 50
TOLD = "I live in Porto and I like tea."
KNOWN = ["The user likes tea.", "The user lives in Porto."]


async def count(store: BaseStore) -> int:
    return len([memory async for memory in all_of(store, ANA, Kind.SEMANTIC)])


async def test_fifty_rounds_of_recall_answer_and_extraction_leave_the_count_as_it_is(
    chat: Chat, store: BaseStore
) -> None:
    await say(chat, TOLD)
    assert await facts(store) == KNOWN
    for number in range(ROUNDS):
        words = ("Where do I live?", "What do I like?", "What do you know about me?", TOLD)[number % 4]
        await say(chat, words, thread(2 + number % 5))
    assert await facts(store) == KNOWN
    assert await count(store) == 2


async def test_a_model_that_takes_its_own_words_for_evidence_adds_nothing(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    def noted(statement: str, quote: str, message_id: str) -> dict[str, Any]:
        made = {
            "category": "other",
            "importance": 0.5,
            "subject": "user",
            "since": "",
            "change": "new",
            "of": "",
        }
        return {"statement": statement, "quote": quote, "message_id": message_id, **made}

    for number in range(ROUNDS // 5):
        answer = f"You live in Porto, in house {number}, as Bernard told me."
        openai_model.say(answer)
        facts_ = [
            noted(f"The user lives in house {number}.", answer, "m0"),
            noted(f"The user lives in house {number}.", "Yes, exactly.", f"m{number}"),
            noted("The user knows Bernard.", "Yes, exactly.", f"m{number}"),
        ]
        openai_model.structured({"summary": answer, "facts": facts_, "procedures": []})
        await say(chat, "Yes, exactly.", message_id=f"m{number}")
    assert await count(store) == 0

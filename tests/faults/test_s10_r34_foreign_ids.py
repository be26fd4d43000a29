"""S10, R34: ids of other users, junk and floods from a model change nothing, and stay for a look."""

import json
from typing import Any

import pytest
from langgraph.store.base import BaseStore

from graphs.chat import Chat
from memory.lifecycle.learning.decisions import decisions_of
from memory.lifecycle.reading.listing import memories_of
from tests.services.chat import ANA, episodes, facts, reply, say, thread
from tests.services.openai_server import OpenAIServer

BOB = "bob@example.com"
NOTHING = {"summary": "Nothing.", "facts": [], "procedures": []}


def noted(statement: str, quote: str, message_id: str, **advice: str) -> dict[str, Any]:
    made = {
        "category": "location",
        "importance": 0.5,
        "subject": "user",
        "since": "",
        "change": "new",
        "of": "",
    }
    return {"statement": statement, "quote": quote, "message_id": message_id, **made, **advice}


async def bobs_home(chat: Chat, store: BaseStore, model: OpenAIServer) -> str:
    model.say("Noted.")
    model.structured({**NOTHING, "facts": [noted("The user lives in Lisbon.", "I live in Lisbon", "b1")]})
    await say(chat, "I live in Lisbon.", thread(9), user=BOB, message_id="b1")
    [memory] = await memories_of(store, BOB)
    return memory.id


@pytest.mark.parametrize("name", ["correct_memory", "forget_memory"])
async def test_s10_another_users_memory_is_not_found_by_a_tool(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore, name: str
) -> None:
    theirs = await bobs_home(chat, store, openai_model)
    before = await memories_of(store, BOB)
    more = {"statement": "The user lives in Porto."} if name == "correct_memory" else {}
    openai_model.call(name, memory_id=theirs, **more)
    openai_model.say("Hm.")
    openai_model.structured(NOTHING)
    values = await say(chat, "I live in Porto.")
    assert f"There is no memory with the id '{theirs}'" in str([m.text for m in values["messages"]])
    assert await memories_of(store, BOB) == before


@pytest.mark.parametrize("change", ["same", "refines", "outdates", "corrects"])
async def test_s10_r34_another_users_memory_is_not_changed_by_an_extraction(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore, change: str
) -> None:
    theirs = await bobs_home(chat, store, openai_model)
    before = await memories_of(store, BOB)
    openai_model.say("Noted.")
    fact = noted("The user lives in Porto.", "I live in Porto", "m1", change=change, of=theirs)
    openai_model.structured({**NOTHING, "facts": [fact]})
    await say(chat, "No, that is wrong, I live in Porto now.", message_id="m1")
    assert await memories_of(store, BOB) == before
    assert await facts(store) == ["The user lives in Porto."]


JUNK: dict[str, Any] = {
    "no JSON": "I am sorry, I cannot do that.",
    "another shape": json.dumps({"memories": ["The user lives in Rome."]}),
    "a list": json.dumps([NOTHING]),
    "500 items": json.dumps(
        {**NOTHING, "facts": [noted(f"The user has {n} cats.", "Hello", "m1") for n in range(500)]}
    ),
    "a kind that there is not": json.dumps(
        {**NOTHING, "facts": [noted("A.", "Hello", "m1", change="delete")]}
    ),
    "half of it": json.dumps(NOTHING)[:20],
}


@pytest.mark.parametrize("answer", JUNK.values(), ids=JUNK)
async def test_r34_junk_teaches_nothing_and_costs_no_turn(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore, answer: str
) -> None:
    openai_model.say("Hi.")
    openai_model.say(answer)
    openai_model.say(answer)
    values = await say(chat, "Hello, I live in Porto.", message_id="m1")
    assert reply(values) == "Hi."
    assert any("could not be read" in warning for warning in values["warnings"])
    assert await facts(store) == []
    assert len(await episodes(store)) == 1
    assert values["remembered_to"] == "m1"


async def test_r34_made_up_facts_are_not_applied_and_kept_for_a_look(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    openai_model.say("Hi.")
    made_up = [
        noted("The user lives in Rome.", "I live in Rome", "m1"),
        noted("The user lives in Porto.", "I live in Porto", "m2"),
        noted("The user lives in Faro.", "Hello", "m1"),
        noted("The user has 7 boats.", "Hello", "m1", change="corrects", of="no-such-memory"),
    ]
    openai_model.structured({**NOTHING, "facts": made_up})
    await say(chat, "Hello, it is me.", message_id="m1")
    assert await facts(store) == []
    [turn] = await decisions_of(store, ANA)
    assert [(each.what, each.statement) for each in turn.decisions] == [
        ("refuse", fact["statement"]) for fact in made_up
    ]

"""R25: two who change one memory at once, through the graph and through its store: both are kept, or one is told."""

import asyncio

from langchain_core.messages import ToolMessage
from langgraph.store.base import BaseStore

from graphs.chat import Chat
from memory.lifecycle.learning.remember import remember
from memory.lifecycle.reading.lookup import all_of
from memory.schema import Kind, Memory, Status
from tests.services.chat import ANA, facts, say, thread
from tests.services.openai_server import OpenAIServer, Reply
from tests.unit.memory_parts import LATER, extraction, fact, said, turn

CITIES = ("Porto", "Braga", "Faro", "Evora", "Sines", "Tavira")


async def homes(store: BaseStore) -> list[Memory]:
    return [memory async for memory in all_of(store, ANA, Kind.SEMANTIC)]


async def test_r25_turns_that_change_one_memory_at_once_leave_one_home_and_all_of_history(
    store: BaseStore,
) -> None:
    async def move(number: int, city: str) -> None:
        words = f"I live in {city} now"

        async def extract(_: object) -> object:
            return extraction(fact(f"The user lives in {city}.", words, f"m{number}"))

        evidence = turn(said(words, number), thread=f"thread-{number}")
        await remember(store, ANA, [evidence], extract, now=LATER, max_facts=20)  # type: ignore[arg-type]

    await move(0, "Lisbon")
    await asyncio.gather(
        *(move(number, city) for number, city in enumerate(CITIES, start=1)), return_exceptions=True
    )
    found = {memory.id: memory for memory in await homes(store)}
    holding = [memory for memory in found.values() if memory.status is Status.ACTIVE]
    past = [memory for memory in found.values() if memory.status is Status.SUPERSEDED]
    [lisbon] = [memory for memory in past if "Lisbon" in memory.text]
    assert lisbon.validity.superseded_by in found
    assert len(holding) == 1
    assert len(holding) + len(past) == len(found)


async def test_r25_one_turn_remembered_by_two_at_once_is_remembered_once(store: BaseStore) -> None:
    async def once(statement: str) -> None:
        async def extract(_: object) -> object:
            await asyncio.sleep(0.01)
            return extraction(fact(statement, "I live in Porto", "m1"))

        await remember(store, ANA, [turn(said("I live in Porto."))], extract, now=LATER, max_facts=20)  # type: ignore[arg-type]

    await asyncio.gather(*(once(f"The user lives in Porto, version {'abcdef'[n]}.") for n in range(6)))
    assert len(await homes(store)) == 1


async def test_r25_two_corrections_of_one_memory_at_once_are_one_and_a_word_about_it(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    openai_model.call("save_memory", statement="The user lives in Lisbon.")
    openai_model.say("Noted.")
    openai_model.structured({"summary": "", "facts": []})
    await say(chat, "Remember that I live in Lisbon.", thread(0))
    [old] = await homes(store)

    def answer(body: dict[str, object]) -> Reply:
        messages = str(body["messages"])
        if "JSON document" in messages:
            return Reply(text='{"summary": "", "facts": [], "procedures": []}')
        if "tool_call_id" in messages:
            return Reply(text="Well.")
        city = next(city for city in CITIES if f"I live in {city} now" in messages)
        return Reply(
            tool_calls=(
                ("correct_memory", f'{{"memory_id": "{old.id}", "statement": "The user lives in {city}."}}'),
            )
        )

    openai_model.model = answer
    runs = [say(chat, f"I live in {city} now.", thread(n)) for n, city in enumerate(CITIES[:4], start=1)]
    told = [
        str(message.text)
        for values in await asyncio.gather(*runs)
        for message in values["messages"]
        if isinstance(message, ToolMessage)
    ]
    assert sum(text.startswith("Corrected") for text in told) == 1
    assert (
        sum("was replaced before" in text or "being changed by somebody else" in text for text in told) == 3
    )
    assert len(await facts(store)) == 1

"""Procedures through the real graph: proposed from a user's words, asked about, in force, rolled back, undone."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from langgraph.store.base import BaseStore
from langgraph.types import Command

from agents.context import ChatContext
from agents.conversation import without_notice
from config.settings import Settings, settings
from graphs.chat import Chat, open_chat
from graphs.recovery import recover
from graphs.timeline import fork
from graphs.undo import redo, undo
from memory.lifecycle.changing.approval import approve, edit, procedures_of, reject, roll_back
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory
from tests.services.chat import ANA, facts, reply, say, thread
from tests.services.openai_server import OpenAIServer
from tests.services.procedures import CHEERS, WISH, asked, decided, standing

BOB = "bob@example.com"
THREAD = thread()["configurable"]["thread_id"]


async def only(store: BaseStore) -> Memory:
    [memory] = await procedures_of(store, ANA)
    return memory


async def test_asked_and_approved_it_shapes_every_conversation(chat: Chat, store: BaseStore) -> None:
    taught = await say(chat, f"I live in Porto. {WISH}")
    assert asked(taught) == [CHEERS] and taught["procedures"] == []
    assert await standing(store) == [(CHEERS, "proposed")]
    assert await facts(store) == ["The user lives in Porto."]
    done = await decided(chat, {"type": "approve"})
    assert asked(done) == [] and (await chat.aget_state(thread())).next == ()
    assert [row["status"] for row in done["learned"] if row["kind"] == "procedural"] == ["active"]
    elsewhere = await say(chat, "Where do I live?", thread(2))
    assert [row["text"] for row in elsewhere["procedures"]] == [CHEERS]
    answer = without_notice(elsewhere["messages"][-1])
    assert answer.startswith("You live in Porto.") and answer.endswith("Cheers")
    assert CHEERS not in [row["text"] for row in elsewhere["recalled"]]
    others = await say(chat, "Hello", thread(3), user=BOB)
    assert others["procedures"] == [] and "Cheers" not in reply(others)


async def test_edited_and_rejected_in_the_answer(chat: Chat, store: BaseStore) -> None:
    await say(chat, WISH)
    action = {"name": "keep_procedure", "args": {"instruction": "End every answer with Ciao."}}
    await decided(chat, {"type": "edit", "edited_action": action})
    assert await standing(store) == [(CHEERS, "retracted"), ("End every answer with Ciao.", "active")]
    await say(chat, "I prefer short answers.")
    done = await decided(chat, {"type": "reject", "message": "not now"})
    assert done["warnings"] == []
    assert ("Give short answers.", "retracted") in await standing(store)
    assert reply(await say(chat, "Bye")).endswith("Ciao")


@pytest.mark.parametrize("answer", ["yes", {"decisions": []}, {"decisions": [{"type": "respond"}]}])
async def test_an_answer_that_says_nothing_costs_the_answer_alone(
    chat: Chat, store: BaseStore, answer: Any
) -> None:
    await say(chat, WISH)
    resume: Any = Command(resume=answer)
    done = await chat.ainvoke(resume, thread(), context=ChatContext(user_id=ANA))
    assert "stays proposed" in " ".join(done["warnings"])
    assert await standing(store) == [(CHEERS, "proposed")]
    assert reply(await say(chat, "Thanks")).startswith("You're welcome")


async def test_who_goes_on_talking_leaves_it_proposed_for_later(chat: Chat, store: BaseStore) -> None:
    await say(chat, WISH)
    went_on = await say(chat, "I live in Porto.")
    assert asked(went_on) == [] and await facts(store) == ["The user lives in Porto."]
    assert (await chat.aget_state(thread())).next == ()
    await approve(store, ANA, (await only(store)).id, datetime.now(UTC))
    assert reply(await say(chat, "Thanks")).endswith("Cheers")


async def test_r23_a_turn_sent_again_proposes_once_and_asks_once(chat: Chat, store: BaseStore) -> None:
    first = await say(chat, WISH, message_id="turn-1")
    again = await say(chat, WISH, message_id="turn-1")
    assert (asked(first), asked(again)) == ([CHEERS], [])
    assert await standing(store) == [(CHEERS, "proposed")]
    assert len(again["messages"]) == 2


async def test_said_again_it_is_one_and_asked_about_again(chat: Chat, store: BaseStore) -> None:
    await say(chat, WISH)
    assert asked(await say(chat, WISH, thread(2))) == [CHEERS]
    await decided(chat, {"type": "approve"}, number=2)
    assert asked(await say(chat, WISH, thread(3))) == []
    assert await standing(store) == [(CHEERS, "active")]
    assert len((await only(store)).also) == 2


async def test_a_restart_between_the_question_and_the_answer(configured: Settings) -> None:
    async with open_chat(configured) as chat:
        assert asked(await say(chat, WISH)) == [CHEERS]
    async with open_chat(configured) as chat:
        assert await recover(chat, ANA) == 0
        assert [
            each.value["action_requests"][0]["args"] for each in (await chat.aget_state(thread())).interrupts
        ] == [{"instruction": CHEERS}]
        await decided(chat, {"type": "approve"})
        assert reply(await say(chat, "Thanks")).endswith("Cheers")


async def test_versions_are_rolled_back_and_nothing_is_embedded(chat: Chat, store: BaseStore) -> None:
    now = datetime.now(UTC)
    await say(chat, WISH)
    await decided(chat, {"type": "approve"})
    second = await edit(store, ANA, (await only(store)).id[:8], "End every answer with Ciao.", now)
    assert (await edit(store, ANA, second.supersedes or "", second.text, now)).id == second.id
    assert reply(await say(chat, "Thanks")).endswith("Ciao")
    restored = await roll_back(store, ANA, second.id, now)
    assert restored.text == CHEERS
    assert await standing(store) == [(CHEERS, "active"), (second.text, "superseded")]
    assert reply(await say(chat, "Thanks")).endswith("Cheers")
    await reject(store, ANA, restored.id, now)
    assert not reply(await say(chat, "Thanks")).endswith("Cheers")
    found = await store.asearch(memory_namespace(ANA, Kind.PROCEDURAL), query=CHEERS)
    assert [item.key for item in found] == []


async def test_undoing_the_turn_takes_the_procedure_back_and_redoing_brings_it(
    chat: Chat, store: BaseStore
) -> None:
    await say(chat, WISH)
    await decided(chat, {"type": "approve"})
    later = "From now on end every answer with Ciao."
    assert asked(await say(chat, later)) == ["End every answer with Ciao."]
    await decided(chat, {"type": "approve"})
    both = [(CHEERS, "superseded"), ("End every answer with Ciao.", "active")]
    assert await standing(store) == both
    await undo(chat, ANA, THREAD)
    assert await standing(store) == [(CHEERS, "active"), ("End every answer with Ciao.", "retracted")]
    await redo(chat, ANA, THREAD)
    assert await standing(store) == both
    await undo(chat, ANA, THREAD)
    await undo(chat, ANA, THREAD)
    assert {status for _, status in await standing(store)} == {"retracted"}
    said = await say(chat, "Thanks", thread(2))
    assert said["procedures"] == []


async def test_an_open_question_is_undone_redone_and_forked(chat: Chat, store: BaseStore) -> None:
    await say(chat, "I live in Porto.")
    await say(chat, WISH)
    forked = await fork(chat, ANA, THREAD)
    await undo(chat, ANA, THREAD)
    state = await chat.aget_state(thread())
    assert state.next == () and state.interrupts == () and len(state.values["messages"]) == 2
    assert await standing(store) == [(CHEERS, "retracted")]
    await redo(chat, ANA, THREAD)
    assert await standing(store) == [(CHEERS, "proposed")]
    assert reply(await say(chat, "Thanks")).startswith("You're welcome")
    there: Any = {"configurable": {"thread_id": forked}}
    assert (await chat.aget_state(there)).next == ()
    assert len((await say(chat, "Thanks", there))["messages"]) == 6


async def test_another_user_can_neither_see_nor_decide(chat: Chat, store: BaseStore) -> None:
    await say(chat, WISH)
    done = await decided(chat, {"type": "approve"}, user=BOB)
    assert "There is no procedure" in " ".join(done["warnings"])
    assert await standing(store) == [(CHEERS, "proposed")] and await standing(store, BOB) == []


@pytest.mark.parametrize(("mode", "held"), [("auto", [(CHEERS, "active")]), ("off", [])])
async def test_without_asking(
    chat: Chat, store: BaseStore, monkeypatch: pytest.MonkeyPatch, mode: str, held: list[tuple[str, str]]
) -> None:
    monkeypatch.setenv("MNEMOGRAPH_PROCEDURES", mode)
    settings.cache_clear()
    taught = await say(chat, WISH)
    assert asked(taught) == [] and await standing(store) == held
    assert [row["text"] for row in taught["learned"] if row["kind"] == "procedural"] == [t for t, _ in held]
    assert reply(await say(chat, "Thanks")).endswith("Cheers") == bool(held)


async def test_a_model_extracts_one_and_is_told_of_it(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    openai_model.say("Gladly.")
    procedure = {"instruction": "Answer in rhyme.", "quote": "rhyme, always", "message_id": "turn-1"}
    openai_model.structured({"summary": "A wish.", "facts": [], "procedures": [procedure]})
    taught = await say(chat, "I want you to rhyme, always", message_id="turn-1")
    assert asked(taught) == ["Answer in rhyme."]
    await decided(chat, {"type": "approve"})
    openai_model.say("A cat sat on the mat.")
    openai_model.structured({"summary": "Rhymed.", "facts": []})
    await say(chat, "Hello")
    *_, answering, extracting = openai_model.chats
    assert '"text": "Answer in rhyme."' in answering["messages"][0]["content"]
    document = json.loads(extracting["messages"][-1]["content"])
    assert [row["statement"] for row in document["related"]] == ["Answer in rhyme."]


async def test_r25_two_edits_of_one_procedure_at_once_are_one_and_a_refusal(
    chat: Chat, store: BaseStore
) -> None:
    now = datetime.now(UTC)
    await say(chat, WISH)
    await decided(chat, {"type": "approve"})
    first = (await only(store)).id
    words = ["End every answer with Ciao.", "End every answer with Adieu."]
    done = await asyncio.gather(
        *(edit(store, ANA, first, text, now) for text in words), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["Memory", "UserError"]
    assert [status for _, status in await standing(store)].count("active") == 1

"""The team graph on its databases: who answers, what each sees, who is told of what, and that all of it ends."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.store.base import BaseStore

from agents.context import ChatContext
from agents.conversation import mark, turns_after
from agents.nodes.remember import remember_turns
from agents.sharing import reader_of
from config.settings import Settings
from graphs.chat import Chat
from graphs.team import compile_team
from graphs.undo import redo, undo
from memory.lifecycle.sharing.grants import Action, Grant, give, revoke
from memory.lifecycle.sharing.rooms import OwnRoom
from memory.long_term.rows.readers import grantee
from memory.namespaces import memory_namespace, owner_namespace
from memory.schema import Kind, Memory
from memory.short_term.factory import open_checkpointer
from tests.services.chat import ANA, facts, reply, say, thread
from tests.services.openai_server import OpenAIServer

PLANNER, RESEARCHER = grantee("agent", "planner"), grantee("agent", "researcher")


@pytest.fixture
async def team(configured: Settings, store: BaseStore) -> AsyncIterator[Chat]:
    async with open_checkpointer(configured) as checkpointer:
        yield compile_team(checkpointer, store)


def answered(values: dict[str, Any]) -> str:
    """Who answered the newest message."""
    human = [m for m in values["messages"] if isinstance(m, HumanMessage)][-1]
    return str(mark(human)["agent"] or "supervisor")


def recalled(values: dict[str, Any]) -> list[tuple[str, str | None]]:
    return sorted((item["text"], item["agent"]) for item in values["recalled"] if item["kind"] == "semantic")


def news(values: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(item["text"], item["learned_by"]) for item in values["news"]]


def room(store: BaseStore, agent: str) -> OwnRoom:
    return OwnRoom(store, reader_of(ANA, agent))


async def test_a_grant_its_use_and_its_revocation(team: Chat, store: BaseStore) -> None:
    home = ("The user lives in Porto.", None)
    await say(team, "I live in Porto.", thread(1))
    asked = "Planner, where do I live?"
    values = await say(team, asked, thread(2))
    assert answered(values) == "planner"
    assert recalled(values) == []
    assert "Porto" not in reply(values)

    values = await say(team, "Share my memories with the planner.", thread(3))
    assert answered(values) == "supervisor"
    assert "The agent planner may read the user's semantic memories." in reply(values)
    values = await say(team, asked, thread(4))
    assert recalled(values) == [home]
    assert "Porto" in reply(values)
    values = await say(team, "Researcher, where do I live?", thread(5))
    assert answered(values) == "researcher"
    assert recalled(values) == []

    values = await say(team, "Stop sharing with the planner.", thread(6))
    assert "No longer shared" in reply(values)
    values = await say(team, asked, thread(7))
    assert recalled(values) == []
    assert "Porto" not in reply(values)
    assert await facts(store) == [home[0]]


async def test_the_planner_is_told_what_the_researcher_learned_and_who_did(
    team: Chat, store: BaseStore
) -> None:
    learned = ("The user prefers night trains.", "researcher")
    await give(store, ANA, Grant(PLANNER, ("semantic",), keeper="researcher"), datetime.now(UTC))
    assert news(await say(team, "Planner, hello.", thread(1))) == []
    values = await say(team, "Researcher, I prefer night trains.", thread(2))
    assert answered(values) == "researcher"
    assert await facts(store) == []
    [kept] = await facts_of(room(store, "researcher"))
    assert (kept.text, kept.provenance.agent) == learned

    values = await say(team, "Planner, which trains do I prefer?", thread(3))
    assert news(values) == [learned]
    assert recalled(values) == [learned]
    assert "learned by researcher" in values["recalled"][0]["why"]
    assert news(await say(team, "Planner, which trains do I prefer?", thread(4))) == []
    values = await say(team, "Which trains do I prefer?", thread(5))
    assert (answered(values), recalled(values)) == ("supervisor", [learned])


async def test_what_a_specialist_keeps_is_forgotten_when_the_user_says_so(
    team: Chat, store: BaseStore
) -> None:
    await say(team, "Researcher, I prefer night trains.", thread(1))
    values = await say(team, "Forget that I prefer night trains.", thread(2))
    assert "Forgotten" in reply(values)
    kept = await room(store, "researcher").asearch(owner_namespace(ANA), limit=50)
    assert "night trains" not in json.dumps([item.value for item in kept])
    assert recalled(await say(team, "Which trains do I prefer?", thread(3))) == []


async def test_nobody_is_told_what_is_not_granted_any_more(team: Chat, store: BaseStore) -> None:
    await give(store, ANA, Grant(PLANNER, ("semantic",), keeper="researcher"), datetime.now(UTC))
    await say(team, "Planner, hello.", thread(1))
    await say(team, "Researcher, I prefer night trains.", thread(2))
    await revoke(store, ANA, PLANNER)
    assert news(await say(team, "Planner, hello again.", thread(3))) == []


async def test_who_may_write_the_users_memories_keeps_there_what_it_learns(
    team: Chat, store: BaseStore
) -> None:
    both = Grant(RESEARCHER, ("episodic", "semantic"), Action.WRITE)
    await give(store, ANA, both, datetime.now(UTC))
    await say(team, "Researcher, I prefer night trains.", thread(1))
    assert await facts(store) == ["The user prefers night trains."]
    assert await facts_of(room(store, "researcher")) == []
    [item] = await store.asearch((*owner_namespace(ANA), "semantic"))
    assert item.value["provenance"]["agent"] == "researcher"


async def test_what_an_agent_was_only_shown_does_not_stay_in_its_room(team: Chat, store: BaseStore) -> None:
    """Its own reply said it, and would be recalled after the grant has ended."""
    await say(team, "I live in Porto.", thread(1))
    await give(store, ANA, Grant(PLANNER, ("semantic",)), datetime.now(UTC))
    assert "Porto" in reply(await say(team, "Planner, where do I live?", thread(2)))
    items = await room(store, "planner").asearch(memory_namespace(ANA, Kind.EPISODIC))
    assert [item.value["detail"] for item in items] == ["Planner, where do I live?"]
    assert "Porto" not in json.dumps([item.value for item in items])
    await say(team, "Planner, I prefer window seats.", thread(3))
    await revoke(store, ANA, PLANNER)
    values = await say(team, "Planner, which seats do I prefer?", thread(4))
    assert "window seats" in reply(values)
    said = [
        item.value["detail"]
        for item in await room(store, "planner").asearch(memory_namespace(ANA, Kind.EPISODIC), limit=50)
    ]
    assert reply(values).split("\n\n")[0] in [str(each).split("\n\n")[0] for each in said]


@pytest.mark.parametrize("first", [True, False])
async def test_a_specialists_turn_is_remembered_once_whatever_is_granted_between(
    team: Chat, store: BaseStore, configured: Settings, *, first: bool
) -> None:
    both = Grant(RESEARCHER, ("episodic", "semantic"), Action.WRITE)

    async def share(*, on: bool) -> None:
        await (give(store, ANA, both, datetime.now(UTC)) if on else revoke(store, ANA, RESEARCHER))

    await share(on=first)
    values = await say(team, "Researcher, I prefer night trains.", thread(1))
    before = await everything(store)
    thread_id = thread(1)["configurable"]["thread_id"]
    turns = turns_after(values["messages"], None)
    for granted in (not first, first):
        await share(on=granted)
        again = await remember_turns(store, ANA, thread_id, turns, configured, model="offline")
        assert again.memories == []
        assert await everything(store) == before


async def test_an_undone_turn_leaves_its_specialists_room_and_comes_back(
    team: Chat, store: BaseStore
) -> None:
    await say(team, "Researcher, I prefer night trains.", thread(1))
    thread_id = thread(1)["configurable"]["thread_id"]
    assert (await undo(team, ANA, thread_id)).memories > 0
    assert await facts_of(room(store, "researcher")) == []
    await redo(team, ANA, thread_id)
    assert [each.text for each in await facts_of(room(store, "researcher"))] == [
        "The user prefers night trains."
    ]


async def test_the_model_routes_and_a_specialist_has_its_own_prompt_and_tools(
    openai_model: OpenAIServer, team: Chat, store: BaseStore
) -> None:
    openai_model.structured({"agent": "researcher"})
    openai_model.call("note_finding", statement="The night train to Madrid leaves at 22:10.")
    openai_model.say("It leaves at 22:10.")
    openai_model.structured({"summary": "A train.", "facts": []})
    spoken, values = await streamed(team, "When does the night train to Madrid leave?", thread(1))
    assert "".join(spoken) == "It leaves at 22:10."
    assert answered(values) == "researcher"
    asked = openai_model.chats[1]
    assert "You are the researcher" in asked["messages"][0]["content"]
    offered = {tool["function"]["name"] for tool in asked["tools"]}
    assert offered == {"search_memory", "note_finding", "write_note", "read_notes", "now"}
    [finding] = await facts_of(room(store, "researcher"))
    assert finding.text == "The night train to Madrid leaves at 22:10."
    assert (finding.provenance.agent, finding.provenance.source.value) == ("researcher", "agent")

    await give(
        store, ANA, Grant(grantee("team", "team"), ("semantic",), keeper="researcher"), datetime.now(UTC)
    )
    openai_model.structured({"agent": "planner"})
    openai_model.say("Then be there at ten.")
    openai_model.structured({"summary": "A plan.", "facts": []})
    await say(team, "Plan my trip with the night train to Madrid.", thread(2))
    prompt = openai_model.chats[5]["messages"][0]["content"]
    [line] = [line for line in prompt.splitlines() if "22:10" in line]
    assert json.loads(line)["learned_by"] == "researcher"
    assert openai_model.refusals == []


async def test_a_specialist_cannot_call_what_is_the_supervisors(
    openai_model: OpenAIServer, team: Chat, store: BaseStore
) -> None:
    openai_model.structured({"agent": "planner"})
    openai_model.call("share_memories", agent="planner")
    openai_model.say("I may not.")
    openai_model.structured({"summary": "Nothing.", "facts": []})
    values = await say(team, "Plan my week.")
    [refused] = [m for m in values["messages"] if isinstance(m, ToolMessage)]
    assert "not a valid tool" in str(refused.text)
    assert await store.asearch((*owner_namespace(ANA), "grants")) == []


async def test_without_a_usable_answer_the_turn_is_routed_by_rules(
    openai_model: OpenAIServer, team: Chat
) -> None:
    openai_model.say("no JSON")
    openai_model.say("none again")
    openai_model.say("Here is a plan.")
    openai_model.structured({"summary": "A plan.", "facts": []})
    values = await say(team, "Plan my week.")
    assert (answered(values), reply(values)) == ("planner", "Here is a plan.")
    assert mark(values["messages"][0])["routed"] == "rules"


async def streamed(team: Chat, text: str, config: RunnableConfig) -> tuple[list[str], dict[str, Any]]:
    """What a page shows while it comes, and the values after it."""
    shown: list[str] = []
    values: dict[str, Any] = {}
    async for kind, part in team.astream(
        {"messages": [HumanMessage(text)]},
        config,
        context=ChatContext(user_id=ANA),
        stream_mode=["messages", "values"],
    ):
        if kind == "values":
            values = part  # type: ignore[assignment]
        elif isinstance(part[0], AIMessageChunk):
            shown.append(str(part[0].text))
    return shown, values


async def facts_of(store: BaseStore) -> list[Memory]:
    items = await store.asearch((*owner_namespace(ANA), Kind.SEMANTIC.value), filter={"status": "active"})
    return [Memory.from_value(item.value) for item in items]


async def everything(store: BaseStore) -> list[tuple[tuple[str, ...], str]]:
    items = await store.asearch(owner_namespace(ANA), limit=200)
    return sorted(
        (item.namespace, item.key) for item in items if item.namespace[2] not in ("grants", "subscriptions")
    )

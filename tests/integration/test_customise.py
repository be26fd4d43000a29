"""The examples of docs/customise.md, as they stand there, on the real graph with a scripted model."""

import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langgraph.store.base import BaseStore
from langgraph.types import Command

import agents.tools
from agents.context import ChatContext
from agents.nodes import respond
from config.settings import Settings, settings
from graphs.chat import Chat
from graphs.forgetting import erase_user, places_of
from memory.lifecycle.leaving.export import records
from memory.namespaces import owner_namespace
from memory.short_term.factory import open_checkpointer
from memory.short_term.state_types import state_types
from tests.services.chat import ANA, say, thread
from tests.services.openai_server import OpenAIServer

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "customise.md").read_text(encoding="utf-8")
BOB = "bob@example.com"


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def changed(source: str, diff: str) -> str:
    """The source with each `-` line, which must be there once, replaced by the `+` lines behind it."""
    for old, new in re.findall(r"^-(.*)\n((?:^\+.*\n)+)", diff, re.MULTILINE):
        assert source.count(f"{old}\n") == 1, old
        source = source.replace(f"{old}\n", re.sub(r"^\+", "", new, flags=re.MULTILINE))
    return source


def loaded(name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(source, f"docs/customise.md: {name}", "exec"), vars(module))  # noqa: S102 - our own page
    return module


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """graphs/chat.py with the page's changes."""
    monkeypatch.setattr(state_types, "names", state_types.names)
    helpdesk = loaded("agents.helpdesk", block("python"), monkeypatch)
    tools = (*agents.tools.TOOLS, *helpdesk.HELPDESK)
    for module in (agents.tools, respond):
        monkeypatch.setattr(module, "TOOLS", tools)
    source = (ROOT / "graphs" / "chat.py").read_text(encoding="utf-8")
    return loaded("chat_of_mine", changed(source, block("diff")), monkeypatch)


@pytest.fixture
async def chat(
    mine: ModuleType,
    openai_model: OpenAIServer,
    configured: Settings,
    store: BaseStore,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Chat]:
    monkeypatch.setenv("MNEMOGRAPH_EXTRACTION_MODEL", "offline")
    settings.cache_clear()
    async with open_checkpointer(configured) as checkpointer:
        # As a LangGraph server does with what is exported.
        yield mine.graph.copy({"checkpointer": checkpointer, "store": store})


def told(values: dict[str, Any]) -> list[str]:
    return [str(each.content) for each in values["messages"] if isinstance(each, ToolMessage)]


async def test_a_field_with_a_class_of_ones_own_and_a_node(
    chat: Chat, openai_model: OpenAIServer, mine: ModuleType
) -> None:
    openai_model.call_many(("open_ticket", {"title": "roof"}), ("open_ticket", {"title": "door"}))
    openai_model.say("Both are open.")
    first = await say(chat, "The roof leaks and the door is stuck.")
    assert sorted(told(first)) == ["Opened: door.", "Opened: roof."]
    assert first["open_tickets"] == 0
    openai_model.say("There are two.")
    second = await say(chat, "How many are open?")
    assert second["open_tickets"] == 2
    assert {type(each).__name__ for each in second["tickets"]} == {"Ticket"}


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        ({"type": "approve"}, "Paid 5 back."),
        ({"type": "edit", "edited_action": {"name": "refund", "args": {"amount": 7}}}, "Paid 7 back."),
        ({"type": "reject"}, "The person said no: nothing was paid."),
    ],
)
async def test_an_approval_in_a_tool(
    chat: Chat, openai_model: OpenAIServer, decision: dict[str, Any], outcome: str
) -> None:
    openai_model.call("refund", amount=5)
    asked = await say(chat, "I want my money back.")
    (question,) = asked["__interrupt__"]
    assert question.value["action_requests"][0]["description"] == "Pay 5 back?"
    assert told(asked) == []
    openai_model.say("That is that.")
    answered = await chat.ainvoke(
        Command(resume={"decisions": [decision]}), thread(), context=ChatContext(user_id=ANA)
    )
    assert told(answered) == [outcome]


async def test_what_a_tool_keeps_below_a_user_is_theirs(
    chat: Chat, openai_model: OpenAIServer, store: BaseStore, configured: Settings
) -> None:
    for user, text in ((ANA, "Reset the router by its red button."), (BOB, "The door code is on the wall.")):
        openai_model.call("keep_article", text=text)
        openai_model.say("Kept.")
        await say(chat, "Keep this article.", thread(1 if user == ANA else 2), user=user)
    openai_model.call_many(("find_articles", {"query": "router"}), ("open_ticket", {"title": "roof"}))
    openai_model.say("By its red button.")
    found = await say(chat, "How do I reset the router?", thread(3))
    assert told(found)[0] == "Reset the router by its red button."
    exported = [each async for each in records(places_of(chat, ANA), ANA)]
    assert [each["value"]["text"] for each in exported if each.get("namespace") == ["articles"]] == told(
        found
    )[:1]
    assert [each["state"]["tickets"] for each in exported if "tickets" in each.get("state", {})] == [
        [{"title": "roof"}]
    ]
    assert json.dumps(exported)
    await erase_user(chat, ANA)
    assert await store.asearch((*owner_namespace(ANA), "articles")) == []
    assert len(await store.asearch((*owner_namespace(BOB), "articles"))) == 1

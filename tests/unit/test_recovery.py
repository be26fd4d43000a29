"""One thread whose last step failed costs nobody else their recovery."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.errors import InvalidUpdateError
from langgraph.types import Command
from typing_extensions import Annotated  # noqa: UP035 - as the tool's schema wants it

from agents.nodes import respond
from cli.console import sentence_for
from cli.conversation import Conversation
from config.settings import Settings, settings
from graphs.recovery import recover
from server import recovery
from server.as_owner import AsOwner
from server.extraction import Queue
from server.recovery import Found, Recovery
from tests.services.chat import ANA, facts
from tests.services.undoing import Crash, Crashing, a_crashing_chat

WITHOUT_REDUCER = "used"


@tool
def file_ticket(tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
    """Write a field that has no reducer."""
    return Command(
        update={
            WITHOUT_REDUCER: [tool_call_id],
            "messages": [ToolMessage("Filed.", tool_call_id=tool_call_id)],
        }
    )


@pytest.fixture
async def crashed(monkeypatch: pytest.MonkeyPatch) -> tuple[Crashing, str]:
    """Ana's thread that a crash left unremembered, whose id it is, and a newer one that can no longer be read."""
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "test")
    settings.cache_clear()
    monkeypatch.setattr("graphs.chat.TOOLS", [file_ticket])
    here = a_crashing_chat()
    talk = Conversation(here.chat, ANA)
    await _answered_and_lost(here, talk)
    await _broken(here, Conversation(here.chat, ANA), monkeypatch)
    return here, talk.thread_id


async def _answered_and_lost(here: Crashing, talk: Conversation) -> None:
    """Fail at one write after the other until the reply is in the thread and its memories are not."""
    for number in range(1, 50):
        here.failpoint.arm(number, after=False)
        with pytest.raises(Crash):
            await talk.say("I live in Porto.")
        here.failpoint.arm(0, after=False)
        if any(message.type == "ai" for message in await talk.messages()):
            return
    raise AssertionError("no write of the turn comes behind its reply")


async def _broken(here: Crashing, talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [{"name": file_ticket.name, "args": {}, "id": name} for name in ("call-1", "call-2")]

    async def twice(*_: object) -> AIMessage:
        return AIMessage("", tool_calls=calls)  # type: ignore[arg-type]  # a list of such calls

    with monkeypatch.context() as patched:
        patched.setattr(respond, "_answer", twice)
        with pytest.raises(InvalidUpdateError):
            await talk.say("File both tickets.")
    with pytest.raises(InvalidUpdateError):
        await talk.messages()


async def test_one_thread_with_a_failed_tool_step_kept_its_user_from_talking(
    crashed: tuple[Crashing, str], caplog: pytest.LogCaptureFixture
) -> None:
    here, _ = crashed
    assert await recover(here.chat, ANA) == 1
    assert await facts(here.store) == ["The user lives in Porto."]
    assert "is passed over in recovery: InvalidUpdateError" in caplog.text
    assert "Porto" in await Conversation(here.chat, ANA).say("Where do I live?")


@pytest.fixture
async def served(crashed: tuple[Crashing, str], monkeypatch: pytest.MonkeyPatch) -> Recovery:
    """The recovery of a server on these threads, which has left them alone for long enough."""

    @asynccontextmanager
    async def same(_: Settings) -> AsyncIterator[Any]:
        yield crashed[0].chat.checkpointer

    monkeypatch.setattr(recovery, "open_checkpointer", same)
    monkeypatch.setattr(recovery, "QUIET_FOR", timedelta(minutes=-1))
    configured = Settings(auth="none", store="memory")
    owner = AsOwner(FastAPI(), configured)
    return Recovery(owner, Queue(owner, configured), configured)


async def test_one_thread_with_a_failed_tool_step_stopped_the_servers_recovery_of_all(
    crashed: tuple[Crashing, str], served: Recovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached: list[str] = []
    remembered: list[str] = []

    async def attach(thread: Found) -> None:
        attached.append(thread.thread_id)
        if thread.thread_id != crashed[1]:
            raise OSError("no row can be made of it")

    async def remember(thread: Found) -> None:
        if thread.rest is not None:
            remembered.append(thread.thread_id)

    monkeypatch.setattr(served, "_attach", attach)
    monkeypatch.setattr(served, "_remember", remember)
    # Tried again once; from then on the broken thread no longer has all of them looked through each time.
    assert [await served.once(None) for _ in range(2)] == [False, True]
    assert remembered == [crashed[1]] * 2
    assert len(set(attached)) == 2


async def test_a_pass_tells_which_threads_it_could_not_read(
    crashed: tuple[Crashing, str], served: Recovery
) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    found, broken = await recovery.find_threads(served._configured, soon, None)
    assert [each.thread_id for each in found if each.rest] == [crashed[1]]
    assert len(broken) == 1 and crashed[1] not in broken
    assert {each.thread_id for each in found} == {crashed[1], *broken}


def test_in_the_terminal_the_broken_thread_ends_in_a_sentence_that_says_what_to_do() -> None:
    told = sentence_for(InvalidUpdateError("At key 'used': one value a step.\nFor troubleshooting, visit: x"))
    assert told is not None and "At key 'used': one value a step. Give the field a reducer" in told

"""One conversation with the graph, as a stream of things that happen."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.store.base import BaseStore
from langgraph.types import Command, Interrupt

from agents.context import ChatContext
from agents.conversation import mark, this_turn
from config.errors import UserError
from graphs.chat import Chat

Happening = Literal["recalled", "token", "broken", "call", "result", "used", "learned", "warning", "question"]

INTERRUPT = "__interrupt__"
"""Under this name LangGraph streams what a run stopped to ask, once for each task that asks."""
CACHED = "__metadata__"
"""Beside an update that was told before: what a task wrote is told again when another's question is answered."""


def thread_uuid(text: str) -> str:
    """A thread id as LangGraph servers take it. Raises UserError on anything but a UUID."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise UserError(
            f"The thread id {text[:64]!r} is not a UUID; leave it out for a new thread, or list them with /threads."
        ) from None


def thread_config(thread_id: str, user_id: str) -> RunnableConfig:
    """A run on a thread, which says in the thread's metadata whose it is."""
    return {
        "configurable": {"thread_id": thread_id},
        "metadata": {"user_id": user_id},
        "run_id": uuid.uuid4(),
    }


@dataclass
class Conversation:
    """A user's thread. `send` runs one turn."""

    chat: Chat
    user_id: str
    thread_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    unanswered: HumanMessage | None = field(default=None, init=False)
    """The newest message, until it has its reply."""
    replied: bool = field(default=False, init=False)

    @property
    def config(self) -> RunnableConfig:
        return thread_config(self.thread_id, self.user_id)

    @property
    def store(self) -> BaseStore:
        store = self.chat.store
        if store is None:
            raise UserError("This conversation has no long-term memory.")
        return store

    async def send(self, text: str) -> AsyncIterator[tuple[Happening, Any]]:
        """Run one turn: (what, value) as it happens. Raises what the checkpointer raises.

        The same text sent again after a failure is the same message, and so one turn.
        """
        message = self._message(text)
        self.replied = False
        async for event in self._run({"messages": [message]}):
            yield event
        if not self.replied and (kept := await self._reply_to(message)):
            self.replied = True
            yield "token", kept
        if self.replied:
            self.unanswered = None

    async def answer(self, answers: dict[str, Any]) -> AsyncIterator[tuple[Happening, Any]]:
        """Answer questions that the last turn ended with, by their ids: (what, value) as it happens.

        Those that are still open are asked again.
        """
        async for event in self._run(Command(resume=answers)):
            yield event
        if self.replied:
            self.unanswered = None

    async def questions(self) -> list[Interrupt]:
        """What the thread waits to be told: values of any form, each with the id that its answer names."""
        state = await self.chat.aget_state(self.config)
        return list(state.interrupts)

    async def _run(self, given: Any) -> AsyncIterator[tuple[Happening, Any]]:
        stream = self.chat.astream(
            given,
            self.config,
            context=ChatContext(user_id=self.user_id),
            stream_mode=["messages", "updates"],
        )
        spoken: list[str] = []
        is_asked = False
        async for mode, part in stream:
            if mode == "messages":
                chunk = part[0]
                if isinstance(chunk, AIMessageChunk) and chunk.text:
                    if spoken and spoken[-1] != chunk.id:
                        yield "broken", None
                    spoken.append(str(chunk.id))
                    yield "token", str(chunk.text)
                continue
            updates: dict[str, Any] = part  # type: ignore[assignment]  # one shape a mode
            for node, update in _untold(updates, given).items():
                if node == INTERRUPT:
                    is_asked = True
                    continue
                if node.endswith("tools"):
                    spoken.clear()
                told = update if isinstance(update, dict) else {}
                self.replied |= any(map(_is_reply, told.get("messages") or []))
                for event in _from_update(node, told, spoken):
                    yield event
        if is_asked:
            # In the order of the calls that ask; the stream has them as their tasks happened to get there.
            yield "question", await self.questions()

    def _message(self, text: str) -> HumanMessage:
        if self.unanswered is None or self.unanswered.text != text:
            self.unanswered = HumanMessage(text, id=str(uuid.uuid4()))
        return self.unanswered

    async def _reply_to(self, message: HumanMessage) -> str | None:
        """The thread's own: a turn that was complete, though it could not be told, is not run again."""
        turn = this_turn(await self.messages())
        if not turn or turn[0].id != message.id:
            return None
        return next((str(each.text) for each in reversed(turn) if _is_reply(each)), None)

    async def say(self, text: str) -> str:
        """Run one turn and give the reply alone."""
        return "".join([str(value) async for kind, value in self.send(text) if kind == "token"])

    async def messages(self) -> list[Any]:
        state = await self.chat.aget_state(self.config)
        return list(state.values.get("messages") or [])


def _is_reply(message: BaseMessage) -> bool:
    return isinstance(message, AIMessage) and not message.tool_calls and not mark(message).get("error")


def _untold(updates: dict[str, Any], given: Any) -> dict[str, Any]:
    return {} if CACHED in updates and isinstance(given, Command) else updates


def _from_update(node: str, update: dict[str, Any], spoken: list[str]) -> list[tuple[Happening, Any]]:
    events: list[tuple[Happening, Any]] = []
    if node == "recall":
        events.append(("recalled", update.get("recalled") or []))
    for message in update.get("messages") or []:
        if isinstance(message, ToolMessage):
            events.append(("result", message))
        elif message.type == "ai":
            if message.text and str(message.id) not in spoken:
                events += [("broken", None)] if spoken else []
                events.append(("token", str(message.text)))
            events += [("call", call) for call in message.tool_calls]
    if update.get("used"):
        events.append(("used", update["used"]))
    if node == "remember":
        events.append(("learned", update.get("learned") or []))
    if node == "approve":
        decided = [row for row in update.get("learned") or [] if row["kind"] == "procedural"]
        events.append(("learned", decided))
    events += [("warning", text) for text in (update.get("warnings") or [])]
    return events


def when(moment: str | datetime) -> str:
    """A moment as a person says it, in this machine's time zone."""
    parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{parsed.astimezone():%-d %b %Y %H:%M}"

"""Procedures through the real graph: proposed from a user's words, asked about, in force, rolled back, undone."""

from typing import Any

from langgraph.store.base import BaseStore
from langgraph.types import Command

from agents.context import ChatContext
from graphs.chat import Chat
from memory.lifecycle.approval import procedures_of
from tests.services.chat import ANA, reply, say, thread

BULLETS = "From now on answer in bullet points."


async def answered(
    chat: Chat, *decisions: dict[str, Any], number: int = 1, user: str = ANA
) -> dict[str, Any]:
    resume: Any = Command(resume={"decisions": list(decisions)})
    return await chat.ainvoke(resume, thread(number), context=ChatContext(user_id=user))


async def statuses(store: BaseStore, user: str = ANA) -> list[tuple[str, str]]:
    return sorted((memory.text, memory.status.value) for memory in await procedures_of(store, user))


async def test_first(chat: Chat, store: BaseStore) -> None:
    values = await say(chat, "Please never use emojis.")
    print(values["__interrupt__"], values["learned"], reply(values))
    print(await statuses(store))
    values = await answered(chat, {"type": "approve"})
    print(values)
    print((await chat.aget_state(thread())).next)
    v = await say(chat, "I prefer short answers.")
    print(v["procedures"], v.get("__interrupt__"))
    v = await say(chat, "Hi")
    print(v["procedures"], v.get("__interrupt__"), reply(v))
    print(await statuses(store))
    assert values

"""R24: ten messages to one thread from two processes: each is kept, or its sender is told; nothing vanishes."""

import asyncio
import json
import operator
import subprocess
import sys
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph

from memory.postgres.pool import open_pool
from memory.short_term.conflict import ThreadConflict
from memory.short_term.postgres.saver import PostgresSaver
from tests.services.postgres import PATIENCE_S, PROJECT

MESSAGES = 5
CONFIG: Any = {"configurable": {"thread_id": "t"}}
_SENDER = """
import asyncio, sys
from tests.faults.test_r24_two_processes import main
asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


class State(TypedDict):
    notes: Annotated[list[str], operator.add]


def chat_on(saver: PostgresSaver, *, until: asyncio.Event | None = None) -> Any:
    """Replies after a moment, or when it may."""

    async def rest(state: State) -> dict[str, Any]:
        await (until.wait() if until else asyncio.sleep(0.02))
        return {"notes": [f"re: {state['notes'][-1]}"]}

    builder = StateGraph(State)
    builder.add_node("rest", rest)
    builder.add_edge(START, "rest")
    builder.add_edge("rest", END)
    return builder.compile(checkpointer=saver)


async def send(chat: Any, text: str, *, durability: Any = "async") -> str | None:
    """The text when its turn was acknowledged, None when its sender was told of a conflict."""
    try:
        await chat.ainvoke({"notes": [text]}, CONFIG, durability=durability)
    except ThreadConflict:
        return None
    return text


async def main(address: str, name: str) -> None:
    async with open_pool(address, max_size=4, timeout_s=20, name=name) as pool:
        chat = chat_on(PostgresSaver(pool))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        kept = await asyncio.gather(*(send(chat, f"{name}{number}") for number in range(MESSAGES)))
        print(json.dumps([text for text in kept if text]), flush=True)


def sender_of(address: str, name: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _SENDER, address, name]
    return subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("first", [False, True], ids=["an old thread", "a new thread"])
async def test_r24_every_acknowledged_message_is_in_the_thread(database: str, first: bool) -> None:
    async with open_pool(database, max_size=4, timeout_s=20, name="r24") as pool:
        saver = PostgresSaver(pool)
        await saver.setup()
        if not first:
            await send(chat_on(saver), "before")
        senders = [sender_of(database, name) for name in "ab"]
        try:
            for sender in senders:
                assert sender.stdout and sender.stdout.readline() == "ready\n"
            said = [sender.communicate("go\n", PATIENCE_S)[0] for sender in senders]
        finally:
            for sender in senders:
                sender.kill()
                sender.wait(PATIENCE_S)
        acknowledged = [text for one in said for text in json.loads(one)]
        notes = (await chat_on(saver).aget_state(CONFIG)).values["notes"]
        assert set(acknowledged) <= set(notes)
        assert len(notes) == len(set(notes)), "a message is there twice"
        # Whoever was refused sends again, and is heard.
        for text in {f"{name}{number}" for name in "ab" for number in range(MESSAGES)} - set(notes):
            assert await send(chat_on(saver), text) == text
        assert len([n for n in await notes_of(saver) if not n.startswith(("re:", "before"))]) == 2 * MESSAGES


async def notes_of(saver: PostgresSaver) -> list[str]:
    return list((await chat_on(saver).aget_state(CONFIG)).values["notes"])


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
async def test_r24_of_ten_at_once_in_one_process_none_is_lost_silently(
    database: str, durability: str
) -> None:
    async with open_pool(database, max_size=4, timeout_s=20, name="r24") as pool:
        saver = PostgresSaver(pool)
        await saver.setup()
        chat = chat_on(saver)
        sent = await asyncio.gather(*(send(chat, f"m{n}", durability=durability) for n in range(10)))
        acknowledged = {text for text in sent if text}
        assert acknowledged, "nobody got through"
        assert acknowledged <= set(await notes_of(saver))


async def test_r24_a_run_whose_thread_was_deleted_does_not_bring_it_back(database: str) -> None:
    async with open_pool(database, max_size=4, timeout_s=20, name="r24") as pool:
        saver = PostgresSaver(pool)
        await saver.setup()
        await send(chat_on(saver), "before")
        may_reply = asyncio.Event()
        late = asyncio.create_task(send(chat_on(saver, until=may_reply), "late", durability="sync"))
        while len(await notes_of(saver)) < 3:  # noqa: ASYNC110 - it is the database that is watched
            await asyncio.sleep(0.01)
        await saver.adelete_thread("t")
        may_reply.set()
        assert await late is None
        assert await saver.aget_tuple(CONFIG) is None


async def test_r24_a_turn_may_start_from_an_earlier_checkpoint_while_the_thread_goes_on(
    database: str,
) -> None:
    async with open_pool(database, max_size=4, timeout_s=20, name="r24") as pool:
        saver = PostgresSaver(pool)
        await saver.setup()
        chat = chat_on(saver)
        await send(chat, "one")
        earlier = (await chat.aget_state(CONFIG)).config
        await send(chat, "two")
        await chat.ainvoke({"notes": ["instead of two"]}, earlier)
        assert "instead of two" in await notes_of(saver) and "two" not in await notes_of(saver)
        await chat.ainvoke(None, earlier)

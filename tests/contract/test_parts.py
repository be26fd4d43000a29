"""A compressed conversation stands in Postgres in parts: every version reads as it was, and no part is left over."""

import asyncio
import random
from typing import Any

import psycopg
import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from config.settings import Settings
from memory.postgres.pool import open_pool
from memory.short_term.factory import open_checkpointer, state_parts
from memory.short_term.postgres.parts import CHANNEL, PARTS
from memory.short_term.postgres.reseal import reseal
from memory.short_term.postgres.rows import PUT_CHECKPOINTS, put_of, puts_parameters
from memory.short_term.postgres.saver import PostgresSaver
from memory.short_term.sealed.envelope import UnreadableStateError
from tests.contract import stored
from tests.services.sealed import OLD_KEY, rows, sealed_saver

CANARY = "porcupine"


def said(number: int) -> AnyMessage:
    text = f"{CANARY} number {number}: the ferry leaves at nine, on Sundays at ten"
    return AIMessage(text, id=str(number)) if number % 2 else HumanMessage(text, id=str(number))


def compressing(address: str, **more: Any) -> Any:
    return open_checkpointer(Settings(postgres=address, **{"compress_state_from": 64, **more}))


async def put(
    saver: Any, messages: list[AnyMessage], parent: Any = None, *, run: str = "", name: str = "t"
) -> Any:
    """A checkpoint that shows these messages."""
    before: Any = parent or {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
    version = f"{random.getrandbits(64):032}"
    checkpoint: Any = {
        **empty_checkpoint(),
        "channel_values": {"messages": messages},
        "channel_versions": {"messages": version},
    }
    return await saver.aput(before, checkpoint, {"source": "loop", "run_id": run}, {"messages": version})


def counted(address: str) -> tuple[int, int]:
    """Values in parts, and parts."""
    (found,) = rows(
        address,
        "SELECT count(*) FILTER (WHERE type = %s), count(*) FILTER (WHERE channel = %s) FROM checkpoint_blobs",
        *(PARTS, CHANNEL),
    )
    return found  # type: ignore[return-value]


async def shown(saver: Any, config: Any) -> Any:
    found = await saver.aget_tuple(config)
    return found and found.checkpoint["channel_values"].get("messages")


async def test_every_version_reads_as_it_was_and_equal_parts_are_kept_once(database: str) -> None:
    versions = [[said(number) for number in range(length)] for length in (0, 1, 24, 25, 32, 37, 40, 41, 90)]
    edited = [*versions[-1]]
    edited[3] = HumanMessage("edited", id="3")
    versions += [edited, edited[10:]]
    async with compressing(database) as saver:
        config, places = None, []
        for messages in versions:
            config = await put(saver, messages, config)
            places.append((config, messages))
        for place, messages in places:
            assert await shown(saver, place) == messages
        listed = [each.checkpoint["channel_values"]["messages"] async for each in saver.alist(None)]
        assert listed == versions[::-1]
        many = await asyncio.gather(*(saver.aget_tuple(place) for place, _ in places))
        assert [each.checkpoint["channel_values"]["messages"] for each in many] == versions
    whole, parts = counted(database)
    assert whole == 8
    # Of 40, 41 and 90 messages the first two blocks of sixteen are the same rows.
    assert parts < sum(
        len(messages) // 16 + len(messages) % 16 // 4 + len(messages) % 4 for messages in versions
    )
    # Emptied, the setting reads what was written with it.
    async with open_checkpointer(Settings(postgres=database, compress_state_from=0)) as saver:
        assert await shown(saver, places[-1][0]) == versions[-1]
        again = await put(saver, versions[-1], places[-1][0])
        assert await shown(saver, again) == versions[-1]
    assert counted(database)[0] == whole


async def test_parts_go_with_the_last_value_that_names_them(database: str) -> None:
    async with compressing(database) as saver:
        config, places = None, []
        for length in range(30, 80, 5):
            config = await put(saver, [said(number) for number in range(length)], config, run=f"run-{length}")
            places.append((config, length))
        steps = [place["configurable"]["checkpoint_id"] for place, _ in places]
        await saver.athin("t", steps[1:4])
        await saver.adelete_for_runs(["run-50"])
        await saver.aprune(["t"], keep_last=4)
        for place, length in places[6:]:
            assert await shown(saver, place) == [said(number) for number in range(length)]
        left = counted(database)
        await saver.acopy_thread("t", "copy")
        copied = {"configurable": {"thread_id": "copy", "checkpoint_ns": ""}}
        await saver.adelete_thread("t")
        assert await shown(saver, copied) == [said(number) for number in range(75)]
        assert counted(database) == left
        # Nothing more than a copy of its own, of these messages alone, would have.
        for length in (60, 65, 70, 75):
            config = await put(saver, [said(number) for number in range(length)], None, name="own")
        assert counted(database) == (2 * left[0], 2 * left[1])
        await saver.aprune(["copy", "own"], strategy="delete")
    assert counted(database) == (0, 0)


async def test_a_put_that_finds_its_part_there_never_loses_it_to_a_sweep(database: str) -> None:
    messages = [said(number) for number in range(40)]
    async with compressing(database) as saver:
        place = await put(saver, messages)
        # As between a pruning and its sweep: the parts are there, and nothing names them.
        named = "SELECT checkpoint, metadata FROM checkpoints WHERE checkpoint_id = %s"
        ((checkpoint, told),) = rows(database, named, place["configurable"]["checkpoint_id"])
        rows(database, "DELETE FROM checkpoint_blobs WHERE type = %s RETURNING 1", PARTS)
        new: Any = {**checkpoint, "id": empty_checkpoint()["id"], "channel_values": {"messages": messages}}
        written = put_of(saver.serde, place, new, told, checkpoint["channel_versions"])
        async with (
            await psycopg.AsyncConnection.connect(database) as putting,
            await psycopg.AsyncConnection.connect(database, autocommit=True) as watching,
        ):
            await putting.execute(PUT_CHECKPOINTS, puts_parameters([written]))
            sweeping = asyncio.create_task(saver.aprune(["t"], keep_last=2))
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
            while not sweeping.done() and not await (await watching.execute(waits)).fetchone():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await putting.commit()
            await sweeping
        assert await shown(saver, thread_of("t")) == messages


def thread_of(name: str) -> Any:
    return {"configurable": {"thread_id": name, "checkpoint_ns": ""}}


async def test_a_missing_part_is_told_and_nothing_is_made_up(database: str) -> None:
    async with compressing(database) as saver:
        place = await put(saver, [said(number) for number in range(30)])
        rows(
            database,
            "DELETE FROM checkpoint_blobs WHERE channel = %s AND version = (SELECT max(version) FROM checkpoint_blobs "
            "WHERE channel = %s) RETURNING 1",
            *(CHANNEL, CHANNEL),
        )
        with pytest.raises(UnreadableStateError, match="part of a long value"):
            await saver.aget_tuple(place)


async def test_a_thread_in_parts_is_sealed_whole_and_nothing_in_clear_is_left(database: str) -> None:
    async with compressing(database) as saver:
        before = [said(number) for number in range(50)]
        first = await put(saver, before[:30])
        await put(saver, before, first)
        assert counted(database)[0] == 2
    _, state = state_parts(Settings(postgres=database, encryption_keys=OLD_KEY, read_clear_state=True))
    assert state
    async with open_pool(database, max_size=2, timeout_s=20, name="sealing") as pool:
        async with sealed_saver(database, read_clear_state=True) as saver:
            assert await shown(saver, {"configurable": {"thread_id": "t"}}) == before
            await saver.acopy_thread("t", "copy")
        assert await reseal(pool, state) > 0
        assert await reseal(pool, state) == 0
    assert counted(database) == (0, 0)
    assert CANARY.encode() not in stored.in_postgres(database)
    async with sealed_saver(database) as saver:
        assert await shown(saver, first) == before[:30]
        for name in ("t", "copy"):
            assert await shown(saver, {"configurable": {"thread_id": name}}) == before


async def test_what_langgraphs_own_saver_reads_is_never_cut(database: str) -> None:
    async with open_checkpointer(Settings(postgres=database)) as saver:
        assert isinstance(saver, PostgresSaver)
        place = await put(saver, [said(number) for number in range(40)])
    assert counted(database) == (0, 0)
    async with AsyncPostgresSaver.from_conn_string(database) as stock:
        assert await shown(stock, place) == [said(number) for number in range(40)]

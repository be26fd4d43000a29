"""R36: a database of LangGraph's own checkpointer, as a release left it, is read, gone on with, given back.

The dump is made by tests/golden/make_checkpoints.py.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.types import Command

from memory.postgres.pool import Pool, open_pool
from memory.short_term.postgres.saver import PostgresSaver
from tests.golden.threads import chat, thread

GOLDEN = sorted(Path(__file__).parents[1].joinpath("golden").glob("checkpoints_*.sql"))
NOTES = ["hello", "hello", "answered nothing", "again"]


@pytest.fixture(params=GOLDEN, ids=[path.stem for path in GOLDEN])
async def pool(empty_database: str, request: pytest.FixtureRequest) -> AsyncIterator[Pool]:
    with psycopg.connect(empty_database) as connection:
        connection.execute(request.param.read_text(encoding="utf-8"))
    async with open_pool(empty_database, max_size=4, timeout_s=20, name="r36") as opened:
        yield opened


async def everything(saver: Any) -> list[Any]:
    return sorted([each async for each in saver.alist(None)], key=lambda each: str(each.config))


async def test_r36_ours_reads_what_the_stock_one_reads(pool: Pool) -> None:
    stock, ours = AsyncPostgresSaver(pool), PostgresSaver(pool)
    before = await everything(stock)
    await ours.setup()
    await ours.setup()
    assert {each.config["configurable"]["thread_id"] for each in before} == {"whole", "asked", "old"}
    found = await everything(ours)
    # The stock one lists all threads as if what was sent to an old checkpoint were the first one's.
    assert [each for each in found if each.config["configurable"]["thread_id"] != "old"] == [
        each for each in before if each.config["configurable"]["thread_id"] != "old"
    ]
    for name in ("whole", "asked", "old"):
        config: Any = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
        assert await ours.aget_tuple(config) == await stock.aget_tuple(config)
        assert [each async for each in ours.alist(config)] == [each async for each in stock.alist(config)]
    old = await ours.aget_tuple({"configurable": {"thread_id": "old", "checkpoint_ns": ""}})
    assert old is not None
    assert old.checkpoint["channel_values"] == {"notes": ["old"], "__pregel_tasks": ["sent one", "sent two"]}


async def test_r36_threads_go_on_with_ours_and_then_with_the_stock_one(pool: Pool) -> None:
    ours, stock = PostgresSaver(pool), AsyncPostgresSaver(pool)
    await ours.setup()
    state = (await chat(ours).aget_state(thread("whole"))).values
    assert state["mood"] == "fine"
    assert [m.type for m in state["messages"]] == ["human", "ai", "human", "ai"]
    assert state["messages"][-1].tool_calls[0]["args"] == {"zone": "Porto"}
    resumed = await chat(ours).ainvoke(Command(resume="this one"), thread("asked"))
    assert resumed["notes"][-1] == "answered this one"
    await chat(ours).ainvoke({"notes": ["with ours"]}, thread("whole"))
    await chat(ours).ainvoke({"notes": ["ask me"]}, thread("whole"))
    for other, mine in ((stock, ours), (ours, stock)):
        assert (await chat(other).aget_state(thread("whole"))) == (
            await chat(mine).aget_state(thread("whole"))
        )
    answered = await chat(stock).ainvoke(Command(resume="the stock one's"), thread("whole"))
    assert answered["notes"][-1] == "answered the stock one's"
    assert "with ours" in answered["notes"]
    await chat(stock).ainvoke({"notes": ["with the stock one"]}, thread("whole"))
    assert "with the stock one" in (await chat(ours).aget_state(thread("whole"))).values["notes"]


async def test_r36_what_an_old_checkpoint_reads_from_its_parent_outlives_pruning(pool: Pool) -> None:
    ours = PostgresSaver(pool)
    await ours.setup()
    config: Any = {"configurable": {"thread_id": "old", "checkpoint_ns": ""}}
    before = await ours.aget_tuple(config)
    await ours.aprune(["old", "whole", "asked"])
    after = await ours.aget_tuple(config)
    assert before is not None and after is not None
    assert after.checkpoint == before.checkpoint
    assert (await chat(ours).aget_state(thread("asked"))).next == ("sub",)
    await ours.aprune(["old"], keep_last=1)
    assert await ours.aget_tuple(config) == after

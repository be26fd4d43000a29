"""R35 for the checkpointer: set-ups at once, a broken index, a database of the stock saver, a replica."""

import asyncio
from contextlib import suppress
from typing import Any

import psycopg
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.conninfo import make_conninfo

from memory.postgres.pool import open_pool
from memory.short_term.postgres.saver import PostgresSaver
from memory.short_term.postgres.tables import INDEXES

CONFIG: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
VALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE indisvalid AND indexrelid::regclass::text = ANY(%s)"


async def put(saver: PostgresSaver) -> None:
    await saver.aput(CONFIG, empty_checkpoint(), {"source": "update", "step": 1}, {})


async def test_r35_a_set_up_database_is_only_read(empty_database: str) -> None:
    async with open_pool(empty_database, max_size=2, timeout_s=20, name="writer") as pool:
        await PostgresSaver(pool).setup()
        await put(PostgresSaver(pool))
    replica = make_conninfo(empty_database, options="-c default_transaction_read_only=on")
    async with open_pool(replica, max_size=2, timeout_s=20, name="replica") as pool:
        saver = PostgresSaver(pool)
        await saver.setup()
        assert await saver.aget_tuple(CONFIG) is not None
        assert len([each async for each in saver.alist(CONFIG)]) == 1


async def test_r35_an_index_whose_build_was_killed_is_made_again(empty_database: str) -> None:
    async with open_pool(empty_database, max_size=2, timeout_s=20, name="r35") as pool:
        saver = PostgresSaver(pool)
        await saver.setup()
        await put(saver)
        await put(saver)
        for name in ("checkpoints_thread_id_idx", "checkpoints_run_id_idx"):
            async with pool.connection() as connection:
                await connection.execute(f"DROP INDEX {name}")
                # It fails half-way, for the thread has two checkpoints, and leaves what a killed one leaves.
                with suppress(psycopg.errors.UniqueViolation):
                    await connection.execute(
                        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON checkpoints (thread_id)"
                    )
                left = await (await connection.execute(VALID, ([name],))).fetchall()
            assert left == [], "the index is not broken: the test tests nothing"
        await asyncio.gather(*(PostgresSaver(pool).setup() for _ in range(4)))
        async with pool.connection() as connection:
            found = await (await connection.execute(VALID, (list(INDEXES),))).fetchall()
        assert len(found) == len(INDEXES)
        await put(saver)


async def test_r35_what_the_stock_saver_set_up_is_completed(empty_database: str) -> None:
    async with open_pool(empty_database, max_size=4, timeout_s=20, name="r35") as pool:
        stock = AsyncPostgresSaver(pool)
        await stock.setup()
        await stock.aput(CONFIG, empty_checkpoint(), {"source": "update", "step": 1}, {})
        savers = [PostgresSaver(pool) for _ in range(4)]
        await asyncio.gather(*(saver.setup() for saver in savers))
        assert all([await saver._is_set_up() for saver in savers])
        await put(savers[0])
        await stock.setup()
        assert len([each async for each in stock.alist(CONFIG)]) == 2

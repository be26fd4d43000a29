"""Makes the golden database of the stock checkpointer: `python -m tests.golden.make_checkpoints > FILE.sql`.

Run once a release of langgraph-checkpoint-postgres, whose version the file's name carries; tests read what it wrote.
"""

import asyncio
import subprocess
from typing import Any

import psycopg
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from benchmarks.contestants import fresh_postgres
from memory.postgres.binaries import find_binaries
from tests.golden.threads import chat, thread


async def write_threads(saver: AsyncPostgresSaver, conn: psycopg.AsyncConnection[Any]) -> None:
    graph = chat(saver)
    await graph.ainvoke({"notes": ["hello"], "mood": "fine"}, thread("whole"))
    await graph.ainvoke({"notes": ["again"]}, thread("whole"))
    await graph.ainvoke({"notes": ["ask me"]}, thread("asked"))
    # As versions before 4 had it: what was sent to a step lies with the parent.
    config: Any = {"configurable": {"thread_id": "old", "checkpoint_ns": ""}}
    first, second = empty_checkpoint(), empty_checkpoint()
    config = await saver.aput(config, first, {"source": "input", "step": -1}, {})
    await saver.aput_writes(
        config, [("__pregel_tasks", "sent one"), ("__pregel_tasks", "sent two")], "task", ""
    )
    second["channel_values"] = {"notes": ["old"]}
    second["channel_versions"] = {"notes": "00000000000000000000000000000002.0"}
    await saver.aput(config, second, {"source": "loop", "step": 0}, second["channel_versions"])
    await conn.execute(
        "UPDATE checkpoints SET checkpoint = checkpoint || %s WHERE thread_id = 'old'", (Jsonb({"v": 1}),)
    )


async def main() -> None:
    async with fresh_postgres() as address:
        async with await psycopg.AsyncConnection.connect(
            address, autocommit=True, prepare_threshold=0, row_factory=dict_row
        ) as conn:
            saver = AsyncPostgresSaver(conn)
            await saver.setup()
            await write_threads(saver, conn)
        dump = dumped(address)
    lines = [
        line for line in dump.splitlines() if line and not line.startswith(("--", "\\", "SET ", "SELECT "))
    ]
    print("\n".join(lines))


def dumped(address: str) -> str:
    command = [
        str(find_binaries().root / "bin" / "pg_dump"),
        "--no-owner",
        "--inserts",
        "--table=checkpoint*",
    ]
    return subprocess.run([*command, address], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    asyncio.run(main())

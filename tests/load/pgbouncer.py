"""1,000 turns through PgBouncer in transaction mode, with prepared statements off: no error, nothing lost.

By hand, where the program pgbouncer is installed: `python -m tests.load.pgbouncer [--turns 1000] [--at-once 16]`.
Exit status 1 on any error or when a turn is missing.
"""

import argparse
import asyncio
import json
import operator
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, TypedDict
from urllib.parse import parse_qs, urlsplit

import psycopg
from langgraph.graph import END, START, StateGraph

from benchmarks.contestants import fresh_postgres
from config.settings import load_settings
from memory.short_term.factory import open_checkpointer
from memory.short_term.postgres.saver import PostgresSaver
from tests.services.dev_server import free_port

SESSIONS = 6
"""Of the server, for all clients: fewer than they have connections, so that sessions change hands."""
PATIENCE_S = 20.0


class State(TypedDict):
    notes: Annotated[list[str], operator.add]


def chat_on(saver: Any) -> Any:
    builder = StateGraph(State)
    builder.add_node("reply", lambda state: {"notes": [f"re: {state['notes'][-1]}"]})
    builder.add_edge(START, "reply")
    builder.add_edge("reply", END)
    return builder.compile(checkpointer=saver)


@contextmanager
def pgbouncer(upstream: str, folder: Path) -> Iterator[str]:
    """The address of a PgBouncer in transaction mode in front of the server that listens in a socket folder."""
    program = shutil.which("pgbouncer")
    if program is None:
        raise SystemExit("There is no program pgbouncer: install it (Debian: apt-get install pgbouncer).")
    parts = urlsplit(upstream)
    host = parse_qs(parts.query)["host"][0]
    server_port = parse_qs(parts.query).get("port", ["5432"])[0]
    port = free_port()
    database = parts.path[1:]
    (folder / "ini").write_text(
        f"[databases]\n{database} = host={host} port={server_port} dbname={database} user={parts.username} "
        f"password={parts.password or ''}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {SESSIONS}\n"
        f"max_client_conn = 200\nlogfile = {folder / 'log'}\n"
    )
    # It refuses to run as root, as Postgres does.
    as_whom = ["--user", "nobody"] if os.geteuid() == 0 else []
    folder.chmod(0o777)
    process = subprocess.Popen([program, "--quiet", *as_whom, str(folder / "ini")])
    address = f"postgresql://{parts.username}:{parts.password or ''}@127.0.0.1:{port}/{database}"
    try:
        _wait_for(address, process, folder / "log")
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(
                    f"PgBouncer does not serve: {error}\n{log.read_text() if log.exists() else ''}"
                ) from error
            time.sleep(0.1)
        else:
            return


@asynccontextmanager
async def behind_pgbouncer() -> AsyncIterator[tuple[str, str]]:
    """Embedded Postgres, and PgBouncer in front of it: both addresses."""
    with tempfile.TemporaryDirectory(prefix="mnemograph-pgbouncer-") as folder:
        async with fresh_postgres() as upstream:
            with pgbouncer(upstream, Path(folder)) as address:
                yield upstream, address


async def main(turns: int, at_once: int) -> dict[str, Any]:
    async with behind_pgbouncer() as (upstream, address):
        settings = load_settings(profile="test", postgres=address, prepared_statements=False)
        each = -(-turns // at_once)
        errors: list[str] = []
        began = time.perf_counter()
        # Two processes' worth of pools, and both set up at once.
        async with open_checkpointer(settings) as one, open_checkpointer(settings) as other:
            chats = [chat_on(one), chat_on(other)]

            async def converse(thread: int) -> None:
                config = {"configurable": {"thread_id": f"t{thread}"}}
                for turn in range(each):
                    try:
                        await chats[turn % 2].ainvoke({"notes": [f"{turn}"]}, config)
                    except Exception as error:  # noqa: BLE001 - they are what is counted
                        errors.append(f"{type(error).__name__}: {error}")

            await asyncio.gather(*map(converse, range(at_once)))
            took = time.perf_counter() - began
            missing = 0
            for thread in range(at_once):
                state = await chats[0].aget_state({"configurable": {"thread_id": f"t{thread}"}})
                missing += 2 * each - len(set(state.values["notes"]))
            assert isinstance(one, PostgresSaver)
            await one.aprune([f"t{thread}" for thread in range(at_once)], keep_last=3)
            await one.acopy_thread("t0", "copy")
            kept = len([found async for found in one.alist({"configurable": {"thread_id": "copy"}})])
        return {
            "turns": each * at_once,
            "at_once": at_once,
            "seconds": round(took, 1),
            "turns_a_second": round(each * at_once / took),
            "sessions": SESSIONS,
            "errors": errors[:5],
            "error_count": len(errors),
            "missing": missing,
            "kept_of_a_pruned_copy": kept,
            "locks_left": _locks(upstream),
        }


def _locks(upstream: str) -> int:
    """How many advisory locks sessions still hold: behind a pooler nobody would ever let go of one."""
    with psycopg.connect(upstream) as connection:
        row = connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--turns", type=int, default=1_000)
    parser.add_argument("--at-once", type=int, default=16)
    given = parser.parse_args()
    result = asyncio.run(main(given.turns, given.at_once))
    print(json.dumps(result, indent=1))
    raise SystemExit(bool(result["error_count"] or result["missing"]))

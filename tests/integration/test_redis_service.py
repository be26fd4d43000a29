"""The tests' own Redis: it has the modules that the checkpointer needs, and goes when its tests go."""

import subprocess
import sys
from pathlib import Path

import pytest
import redis
import redis.asyncio
from langgraph.checkpoint.redis.aio import AsyncRedisSaver
from langgraph.graph import START, MessagesState, StateGraph

from tests.services.redis import main

PROJECT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal
from tests.services.redis import LocalRedis, install
print(LocalRedis(install()).pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_the_stock_saver_works_on_it(redis_database: str) -> None:
    # Not from_conn_string: that one uses a call of redisvl that is deprecated.
    async with redis.asyncio.Redis.from_url(redis_database) as client:
        saver = AsyncRedisSaver(redis_client=client)
        await saver.asetup()
        builder = StateGraph(MessagesState).add_node("reply", lambda _: {"messages": [("ai", "hi")]})
        graph = builder.add_edge(START, "reply").compile(checkpointer=saver)
        for expected in (2, 4):
            state = await graph.ainvoke({"messages": [("user", "x")]}, {"configurable": {"thread_id": "t"}})
            assert len(state["messages"]) == expected


def test_it_begins_empty(redis_database: str) -> None:
    with redis.Redis.from_url(redis_database) as client:
        assert client.dbsize() == 0


def test_it_does_not_outlive_a_killed_test_run() -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    pid = int(done.stdout)
    while is_running(pid):
        pass


def is_running(pid: int) -> bool:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(listed.stdout.strip()) and not listed.stdout.strip().startswith("Z")


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        (["--help"], 0, "two empty Redis servers"),
        ([], 2, "Say which command to run."),
        (["no-such-command"], 2, "There is no command 'no-such-command'."),
    ],
)
def test_asked_for_help_it_ended_in_a_traceback(
    given: list[str], status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    said = capsys.readouterr()
    assert ended.value.code == status and told in " ".join((said.out + said.err).split())


def test_a_command_is_given_both_addresses() -> None:
    check = "import os; assert os.environ['BENCH_REDIS'] != os.environ['BENCH_REDIS_PLAIN']"
    assert main([sys.executable, "-c", check]) == 0

"""LangGraph's conformance suite, and ours, on every checkpointer as the factory makes it."""

import asyncio
import base64
import operator
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import psycopg
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, empty_checkpoint
from langgraph.checkpoint.conformance import validate
from langgraph.checkpoint.conformance.capabilities import Capability
from langgraph.checkpoint.conformance.initializer import RegisteredCheckpointer
from langgraph.graph import END, START, StateGraph

from config.settings import Settings
from memory.short_term.factory import open_checkpointer
from tests.contract import stored

SEALED = "sealed "
KINDS = (
    "postgres",
    "redis",
    "plain",
    "memory",
    *(f"{SEALED}{name}" for name in ("postgres", "redis", "plain")),
)
KEY = f"k:{base64.b64encode(b'k' * 32).decode()}"
CANARY = "canary-0f3a9c"


@dataclass(frozen=True)
class Kind:
    name: str
    settings: Settings
    dump: Callable[[BaseCheckpointSaver[Any]], bytes]

    @property
    def sealed(self) -> bool:
        return self.name.startswith(SEALED)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> Kind:
    """A checkpointer's settings, on an empty database of its own."""
    place = request.param.removeprefix(SEALED)
    keys = {"encryption_keys": KEY} if request.param.startswith(SEALED) else {}
    if place == "postgres":
        address = request.getfixturevalue("database")
        return Kind(
            request.param, Settings(postgres=address, **keys), lambda saver: stored.in_postgres(address)
        )
    if place != "memory":
        address = request.getfixturevalue("plain_redis_database" if place == "plain" else "redis_database")
        return Kind(
            request.param, Settings(checkpointer=address, **keys), lambda saver: stored.in_redis(address)
        )
    return Kind("memory", Settings(checkpointer="memory"), stored.in_memory)  # type: ignore[arg-type]


@pytest.fixture
async def saver(kind: Kind) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    async with open_checkpointer(kind.settings) as opened:
        yield opened


every_kind = pytest.mark.parametrize("kind", KINDS, indirect=True)


@pytest.mark.parametrize("capability", [each.value for each in Capability])
@every_kind
async def test_conformance(kind: Kind, capability: str) -> None:
    async def opened() -> AsyncGenerator[BaseCheckpointSaver[Any], None]:
        async with open_checkpointer(kind.settings) as saver:
            yield saver

    report = await validate(RegisteredCheckpointer(kind.name, opened), capabilities={capability})
    result = report.results[capability]
    assert result.detected, f"{kind.name} has no {capability}"
    assert result.failures == []
    assert result.tests_passed > 0


class State(TypedDict):
    notes: Annotated[list[str], operator.add]


def graph(saver: BaseCheckpointSaver[Any]) -> Any:
    builder = StateGraph(State)
    builder.add_node("first", lambda state: {"notes": ["first"]})
    builder.add_node("second", lambda state: {"notes": ["second"]})
    builder.add_edge(START, "first")
    builder.add_edge("first", "second")
    builder.add_edge("second", END)
    return builder.compile(checkpointer=saver)


def thread(name: str, **more: Any) -> RunnableConfig:
    return {"configurable": {"thread_id": name, **more}}


async def history(saver: BaseCheckpointSaver[Any], **wanted: Any) -> list[CheckpointTuple]:
    return [found async for found in saver.alist(thread("t", checkpoint_ns=""), **wanted)]


@every_kind
async def test_s11_secrets_of_the_caller_are_not_stored(saver: BaseCheckpointSaver[Any], kind: Kind) -> None:
    config: Any = {
        "configurable": {
            "thread_id": "t",
            "openai_api_key": f"{CANARY}-1",
            "api_token": f"{CANARY}-2",
            "password": f"{CANARY}-3",
            "language": "plain-1",
        },
        "metadata": {"openai_api_key": f"{CANARY}-4", "Password": f"{CANARY}-5", "plan": "plain-2"},
    }
    await graph(saver).ainvoke({"notes": ["hello-notes"]}, config)
    metadata: Any = {
        "source": "update",
        "step": 9,
        "api_token": f"{CANARY}-6",
        "caller": {"password": f"{CANARY}-7", "deep": [{"client_secret": f"{CANARY}-8"}], "name": "plain-3"},
    }
    direct = {"configurable": {**config["configurable"], "checkpoint_ns": ""}, "metadata": config["metadata"]}
    await saver.aput(direct, empty_checkpoint(), metadata, {})
    await saver.aput_writes(
        {"configurable": {**direct["configurable"], "checkpoint_id": empty_checkpoint()["id"]}},
        [("notes", "written")],
        "task",
    )
    dump = kind.dump(saver)
    assert CANARY.encode() not in dump
    # What is no secret is there unless it is sealed: the search above would have found one.
    for plain in (b"hello-notes", b"written", b"plain-3"):
        assert (plain in dump) is not kind.sealed, plain
    latest = await saver.aget_tuple(thread("t", checkpoint_ns=""))
    assert latest is not None
    assert latest.metadata["step"] == 9


@every_kind
async def test_the_callers_config_is_left_as_it_was(saver: BaseCheckpointSaver[Any]) -> None:
    config = thread("t", checkpoint_ns="", openai_api_key=CANARY)
    metadata: Any = {"source": "input", "step": -1, "password": CANARY}
    await saver.aput(config, empty_checkpoint(), metadata, {})
    assert config == thread("t", checkpoint_ns="", openai_api_key=CANARY)
    assert metadata == {"source": "input", "step": -1, "password": CANARY}


@every_kind
async def test_six_setups_at_once_on_a_fresh_database(kind: Kind) -> None:
    async with AsyncExitStack() as stack:
        opening = [stack.enter_async_context(open_checkpointer(kind.settings)) for _ in range(6)]
        savers = await asyncio.gather(*opening)
        for number, saver in enumerate(savers):
            state = await graph(saver).ainvoke({"notes": ["a"]}, thread(str(number)))
            assert state["notes"] == ["a", "first", "second"]


@every_kind
async def test_history_is_newest_first_and_every_checkpoint_knows_its_parent(
    saver: BaseCheckpointSaver[Any],
) -> None:
    for turn in range(3):
        await graph(saver).ainvoke({"notes": [f"turn {turn}"]}, thread("t"))
    await graph(saver).ainvoke({"notes": ["another thread"]}, thread("other"))
    found = await history(saver)
    ids = [one.checkpoint["id"] for one in found]
    assert ids == sorted(ids, reverse=True)
    assert [one.metadata["step"] for one in found] == list(range(10, -2, -1))
    parents = [one.parent_config and one.parent_config["configurable"]["checkpoint_id"] for one in found]
    assert parents == [*ids[1:], None]
    assert [one.checkpoint["id"] for one in await history(saver, limit=5)] == ids[:5]
    states = [one async for one in graph(saver).aget_state_history(thread("t"))]
    assert len(states[0].values["notes"]) == 9


@every_kind
async def test_an_earlier_checkpoint_is_read_as_it_was(saver: BaseCheckpointSaver[Any]) -> None:
    for turn in range(2):
        await graph(saver).ainvoke({"notes": [f"turn {turn}"]}, thread("t"))
    earlier = (await history(saver))[4]
    state = await graph(saver).aget_state(earlier.config)
    assert state.values["notes"] == ["turn 0", "first", "second"]


@every_kind
async def test_threads_that_look_alike_stay_apart(saver: BaseCheckpointSaver[Any]) -> None:
    names = ["u1", "u10", "a_b", "axb", "a%b", "Ana", "ana", "a:b", "a b", "a-b", "\u00e9", "e\u0301", "a*"]
    for name in names:
        await graph(saver).ainvoke({"notes": [name]}, thread(name))
    for name in names:
        state = await graph(saver).aget_state(thread(name))
        assert state.values["notes"] == [name, "first", "second"]
    await saver.adelete_thread("u1")
    assert (await graph(saver).aget_state(thread("u1"))).values == {}
    assert (await graph(saver).aget_state(thread("u10"))).values["notes"][0] == "u10"


@every_kind
async def test_many_threads_at_once(saver: BaseCheckpointSaver[Any]) -> None:
    runs = [graph(saver).ainvoke({"notes": [str(n)]}, thread(str(n))) for n in range(20)]
    states = await asyncio.gather(*runs)
    assert [state["notes"][0] for state in states] == [str(n) for n in range(20)]


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
async def test_r27_backends_terminated_between_operations(
    saver: BaseCheckpointSaver[Any], kind: Kind
) -> None:
    def terminate() -> int:
        with psycopg.connect(kind.settings.postgres.get_secret_value(), autocommit=True) as connection:
            return len(
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                    "AND backend_type = 'client backend'"
                ).fetchall()
            )

    for turn in range(3):
        await graph(saver).ainvoke({"notes": [f"turn {turn}"]}, thread("t"))
        assert terminate() >= 1
        assert len((await graph(saver).aget_state(thread("t"))).values["notes"]) == 3 * (turn + 1)
        assert terminate() >= 1
        assert len(await history(saver)) == 4 * (turn + 1)
        assert terminate() >= 1

"""The plain Redis checkpointer's parts, without a Redis."""

import asyncio
import copy
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from redis.asyncio import Connection
from redis.exceptions import ConnectionError as Lost
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as TooLate

from config.errors import UserError
from memory.short_term.blocks import cut, named, names_in
from memory.short_term.kept import Kept, policy
from memory.short_term.pruning import Held, to_prune
from memory.short_term.redis import scripts as redis_scripts
from memory.short_term.redis.away import RedisAwayError, spoken
from memory.short_term.redis.lanes import Lanes, packed
from memory.short_term.redis.names import Names, checkpoint_field, placed, score, slot
from memory.short_term.redis.plain import PlainRedis
from memory.short_term.redis.records import (
    Record,
    frame,
    frames,
    joined,
    read_writes,
    typed,
    write_checkpoint,
    write_writes,
)
from memory.short_term.redis.scripts import PUT, Script
from memory.short_term.threads import ThreadQuery

SERDE = JsonPlusSerializer(allowed_msgpack_modules=None)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
names = st.text(min_size=0, max_size=30)


@given(names, names)
def test_all_keys_of_a_thread_are_in_one_slot_and_no_other_thread_has_them(one: str, other: str) -> None:
    made = Names()
    assert slot(made.thread(one)) == slot(made.grave(one))
    assert made.thread_id(made.thread(one).encode()) == one
    if one != other:
        assert not {made.thread(one), made.grave(one)} & {made.thread(other), made.grave(other)}


class Recorder:
    """A sender that answers as an empty Redis would, and keeps what it was asked."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    async def send(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        self.sent += commands
        return [self._answer(command) for command in commands]

    def _answer(self, command: tuple[Any, ...]) -> Any:
        if command[0] == "EVALSHA":
            return b"ok" if command[1] in _WRITING else b"0" if command[1] == _shas()["REMOVE"] else b""
        return [] if command[0] in ("HGETALL", "SMEMBERS", "ZREVRANGEBYSCORE") else 1


def _shas() -> dict[str, str]:
    return {name: each.sha for name, each in vars(redis_scripts).items() if isinstance(each, Script)}


_WRITING = {_shas()[name] for name in ("PUT", "PUT_WRITES", "DELETE", "TAKE")}


class FakeClient:
    connection_pool: Any = SimpleNamespace(max_connections=16)


@settings(max_examples=25)
@given(st.text(max_size=20), st.text(max_size=20))
def test_no_command_names_keys_of_two_slots(thread_id: str, run_id: str) -> None:
    async def everything() -> Recorder:
        saver = PlainRedis(FakeClient(), ttl_minutes=5)
        recorder = Recorder()
        saver._threads._sender = recorder
        saver._threads.index._sender = recorder
        where: Any = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
        made = await saver.aput(where, empty_checkpoint(), {"source": "loop", "run_id": run_id}, {})
        await saver.aput_writes(made, [("a", 1)], "task")
        await saver.aget_tuple(where)
        assert [each async for each in saver.alist(where, filter={"a": 1})] == []
        await saver.adelete_for_runs([run_id])
        await saver.aprune([thread_id])
        await saver.acopy_thread(thread_id, run_id)
        await saver.aget_delta_channel_history(config=where, channels=["a"])
        await saver.adelete_thread(thread_id)
        assert await saver.athreads(ThreadQuery()) == []
        return recorder

    sent = asyncio.run(everything()).sent
    scripts = [command for command in sent if command[0] == "EVALSHA"]
    assert {command[1] for command in scripts} >= {PUT.sha}
    for command in scripts:
        keys = command[3 : 3 + command[2]]
        assert len({slot(key) for key in keys}) == 1, command
    # All else has one key.
    assert {command[0] for command in sent} - {"EVALSHA"} <= {
        "ZADD", "PEXPIRE", "SADD", "EXPIRE", "SMEMBERS", "DEL", "ZREM", "ZREVRANGEBYSCORE", "HGETALL",
    }  # fmt: skip


def test_a_script_names_only_the_keys_that_it_is_given() -> None:
    for each in vars(redis_scripts).values():
        if isinstance(each, Script):
            for line in each.text.split("redis.call(")[1:]:
                key = line.split(",")[1].split(")")[0].strip()
                assert key in ("thread", "KEYS[2]"), line[:60]


def test_scores_order_ids_by_time() -> None:
    ids = [empty_checkpoint()["id"] for _ in range(20)]
    assert [score(each) for each in ids] == sorted(score(each) for each in ids)
    assert score("no uuid") == score("") == 0


def test_a_field_names_its_checkpoint() -> None:
    assert placed(checkpoint_field("id-1", "inner:1|deep:2")) == ("inner:1|deep:2", "id-1")


@given(st.lists(st.binary(max_size=40)))
def test_frames_are_read_as_they_were_written(parts: list[bytes]) -> None:
    assert [*frames(b"".join(map(frame, parts)))] == parts


items = st.lists(
    st.dictionaries(st.text(max_size=3), st.integers(-9, 9), min_size=1, max_size=2), max_size=70
)


@given(items)
def test_a_list_in_blocks_is_the_same_list(value: list[Any]) -> None:
    blocks = cut(value)
    if blocks is None:
        assert len(value) <= 4
        return
    stands, fields = named([typed(SERDE, block) for block in blocks])
    assert joined(SERDE, [fields[name] for name in names_in(stands)]) == value


@given(items, st.dictionaries(st.text(max_size=3), st.integers(-9, 9), min_size=1, max_size=2))
def test_one_more_item_costs_one_block(value: list[Any], item: dict[str, int]) -> None:
    def fields(whole: list[Any]) -> set[bytes]:
        return set(named([typed(SERDE, block) for block in cut(whole) or []])[1])

    if len(value) > 4:
        assert len(fields([*value, item]) - fields(value)) <= 1


def test_only_long_lists_of_more_than_plain_words_are_cut() -> None:
    assert cut([{"a": 1}] * 5) is not None
    for whole in ([{"a": 1}] * 4, [1] * 100, ["a"] * 100, ({"a": 1},) * 100, {"a": 1}, "text", None, []):
        assert cut(whole) is None


def checkpoint(**values: Any) -> Any:
    versions = {channel: f"{number:08}.aa" for number, channel in enumerate(values, start=1)}
    return {**empty_checkpoint(), "channel_values": values, "channel_versions": versions}


def test_values_are_kept_once_a_version_and_small_ones_inside() -> None:
    given_ = checkpoint(
        said=[HumanMessage("x")], number=3, word="short", gone=None, text="long " * 40, same=[1]
    )
    untouched = copy.deepcopy(given_)
    new = {channel: given_["channel_versions"][channel] for channel in ("said", "number", "text")}
    written = write_checkpoint(SERDE, ("ns", "parent"), given_, {"source": "loop", "step": 1}, new)
    assert given_ == untouched
    assert {field.split("\x1f")[-1] for field in written.new} == {"said", "text"}
    assert [field.split("\x1f")[-1] for field in written.old] == ["same"]
    record = Record(written.record)
    inside = record.checkpoint(SERDE)
    assert inside["channel_values"] == {"number": 3, "word": "short", "gone": None}
    assert record.head.parent == "parent" and record.head.source == "loop"
    assert record.metadata(SERDE) == {"source": "loop", "step": 1}
    renamed = Record(record.with_metadata(SERDE, {"source": "fork"}))
    assert renamed.metadata(SERDE) == {"source": "fork"} and renamed.checkpoint(SERDE) == inside


def test_writes_are_read_in_the_order_in_which_a_run_applies_them() -> None:
    data = b""
    for task, path, values in (("b", "~1", ["x", "y"]), ("a", "~2", ["z"]), ("c", "", ["first"])):
        made = write_writes(SERDE, [("ch", value) for value in values], task, path)
        data += b"".join(made.values())
    assert [write for _, write in read_writes(SERDE, data)] == [
        ("c", "ch", "first"), ("b", "ch", "x"), ("b", "ch", "y"), ("a", "ch", "z"),
    ]  # fmt: skip
    assert read_writes(SERDE, data, {"other": None}) == []


ids = st.integers(0, 30).map(lambda number: f"{number:02}")
heads = st.dictionaries(
    st.tuples(st.sampled_from(["", "inner", "inner:1"]), ids),
    st.builds(
        Held,
        parent=st.one_of(st.just(""), ids),
        root=st.one_of(st.just(""), ids),
        shown=st.frozensets(st.sampled_from(["log", "notes"])),
        replayed=st.frozensets(st.just("log")),
        made=st.integers(0, 30).map(lambda days: NOW - timedelta(days=days)),
    ),
    max_size=25,
)
policies = st.builds(
    Kept,
    last=st.one_of(st.none(), st.integers(1, 5)),
    since=st.one_of(st.none(), st.integers(0, 30).map(lambda days: NOW - timedelta(days=days))),
)


@given(heads, policies)
def test_pruning_keeps_the_newest_and_all_that_the_kept_are_replayed_from(
    found: dict[tuple[str, str], Held], how: Kept
) -> None:
    kept = set(found) - set(to_prune(found, how))
    for namespace in {place[0] for place in found}:
        newest = max(place for place in found if place[0] == namespace)
        ended = namespace == "inner:1" and ("", found[newest].root) in set(found) - kept
        assert (newest in kept) is not ended
    for place in kept:
        wanted, seen = found[place].replayed - found[place].shown, {place}
        while wanted and (before := (place[0], found[place].parent)) in found and before not in seen:
            assert before in kept
            place = before  # noqa: PLW2901
            seen.add(place)
            wanted = wanted - found[place].shown


def test_both_limits_hold_where_both_are_given() -> None:
    found = {
        ("", f"{n}"): Held("", "", frozenset(), frozenset(), NOW - timedelta(days=9 - n)) for n in range(10)
    }
    left = {place[1] for place in set(found) - set(to_prune(found, Kept(3, NOW - timedelta(days=1))))}
    assert left == {"9", "8"}
    with pytest.raises(UserError, match="time zone"):
        policy("keep_latest", None, datetime(2026, 1, 1))  # noqa: DTZ001


def test_commands_are_packed_as_redis_reads_them() -> None:
    sent = packed([("GET", "k\u00e9"), ("SET", b"\x00\r\n", 12)])
    theirs = Connection().pack_commands([("GET", "k\u00e9"), ("SET", b"\x00\r\n", 12)])
    assert sent == b"".join(theirs)


class Pool:
    """Connections whose answers a test writes: each answer is a value, an error, or something to wait for."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.batches: list[int] = []
        self.opened = self.dropped = 0
        self.max_connections = 16

    async def get_connection(self) -> Any:
        self.opened += 1
        return self

    async def release(self, connection: Any) -> None:
        self.dropped += 1

    async def disconnect(self, nowait: bool = False) -> None:
        return

    async def send_packed_command(self, data: bytes) -> None:
        self.batches.append(data.count(b"*"))

    async def read_response(self, **how: Any) -> Any:
        answer = self.answers.pop(0) if self.answers else b"ok"
        if isinstance(answer, Exception):
            raise answer
        return await answer.wait() if isinstance(answer, asyncio.Event) else answer


def lanes(pool: Pool, **how: Any) -> Lanes:
    client: Any = FakeClient()
    client.connection_pool = pool
    return Lanes(client, **{"timeout_s": 30, "lanes": 1, **how})


async def test_what_waits_goes_together_and_each_gets_its_own_answer() -> None:
    go = asyncio.Event()
    pool = Pool(go, *[f"{number}".encode() for number in range(1, 7)])
    lane = lanes(pool)
    first = asyncio.create_task(lane.send([("A",)]))
    await asyncio.sleep(0)
    rest = [asyncio.create_task(lane.send([("B",), ("C",)])) for _ in range(3)]
    await asyncio.sleep(0)
    go.set()
    await first
    assert await asyncio.gather(*rest) == [[b"1", b"2"], [b"3", b"4"], [b"5", b"6"]]
    assert pool.batches == [1, 6] and pool.opened == 1


async def test_a_refusal_is_the_answer_of_one_alone() -> None:
    lane = lanes(Pool(ResponseError("no"), b"yes"))
    refused, answered = await lane.send([("A",), ("B",)])
    assert isinstance(refused, ResponseError) and answered == b"yes"


async def test_a_lost_connection_costs_another_attempt_and_two_an_error() -> None:
    pool = Pool(Lost("gone"), b"answer")
    assert await lanes(pool).send([("A",)]) == [b"answer"]
    assert (pool.opened, pool.dropped) == (2, 1)
    with pytest.raises(Lost):
        await lanes(Pool(Lost("gone"), Lost("gone again"))).send([("A",)])


async def test_a_silence_is_an_error_in_time_and_the_lane_serves_others() -> None:
    pool = Pool(asyncio.Event(), b"answer")
    lane = lanes(pool, timeout_s=0.01)
    with pytest.raises(TooLate):
        await lane.send([("A",)])
    end = asyncio.get_running_loop().time() + 30
    while True:
        assert asyncio.get_running_loop().time() < end
        try:
            assert await lane.send([("B",)]) in ([b"answer"], [b"ok"])
        except TooLate:
            continue
        break


async def test_a_caller_who_gives_up_spoils_nobody_elses_answer() -> None:
    go = asyncio.Event()
    lane = lanes(Pool(go, b"mine"))
    given_up = asyncio.create_task(lane.send([("A",)]))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(lane.send([("B",)]))
    await asyncio.sleep(0)
    given_up.cancel()
    go.set()
    assert await waiting == [b"mine"]


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (Lost("Error 111 connecting to 10.0.0.1:6379"), "ConnectionError"),
        (OSError("broken pipe"), "OSError"),
        (ResponseError("OOM command not allowed when used memory > 'maxmemory'."), "no memory left"),
    ],
)
def test_what_people_read_is_one_sentence(error: Exception, word: str) -> None:
    def fail() -> None:
        with spoken():
            raise error

    with pytest.raises(RedisAwayError, match=word) as caught:
        fail()
    assert "10.0.0.1" not in caught.value.sentence and caught.value.sentence.count(".") == 1

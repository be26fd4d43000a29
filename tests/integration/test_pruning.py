"""Pruning and taking back, against a model: what stays shows what it always showed, and nothing else is left."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.types import _DeltaSnapshot

from config.errors import UserError
from memory.postgres.pool import open_pool
from memory.short_term.postgres.saver import PostgresSaver

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMESPACES = ("", "kept_apart", "sub:task")
CHANNELS = ("messages", "facts", "count")
Key = tuple[str, str, str]


@pytest.fixture
async def saver(database: str) -> AsyncIterator[PostgresSaver]:
    async with open_pool(database, max_size=4, timeout_s=20, name="pruning") as pool:
        made = PostgresSaver(pool)
        await made.setup()
        yield made


class Model:
    """Every checkpoint that should be there: its values, writes, run and parent."""

    def __init__(self, saver: PostgresSaver, seed: int) -> None:
        self.saver, self.pick = saver, random.Random(seed)
        self.rows: dict[Key, dict[str, Any]] = {}
        self.made = 0

    def of(self, thread: str, ns: str) -> list[Key]:
        return sorted((key for key in self.rows if key[:2] == (thread, ns)), reverse=True)

    async def put(self, thread: str) -> None:
        """A new checkpoint that changes some channels and shows the others of its parent, which may be an old one."""
        ns = self.pick.choice(NAMESPACES)
        before = self.of(thread, ns)
        parent = self.pick.choice([before[0], *before]) if before else None
        self.made += 1
        version = f"{self.made:032}.{self.pick.random()}"
        values = dict(self.rows[parent]["values"]) if parent else {}
        versions = dict(self.rows[parent]["versions"]) if parent else {}
        changed = {name: version for name in CHANNELS if self.pick.random() < 0.5}
        for name in changed:
            values[name] = self.made if name == "count" else [f"{name} {self.made}"]
        versions |= changed
        checkpoint: Any = {
            **empty_checkpoint(),
            "ts": (START + timedelta(hours=self.made)).isoformat(),
            "channel_values": values,
            "channel_versions": versions,
        }
        roots = self.of(thread, "")
        run = f"run-{self.pick.randrange(6)}"
        metadata: Any = {"source": "loop", "step": self.made, "run_id": run}
        if ":" in ns and roots:
            metadata["parents"] = {"": self.pick.choice(roots)[2]}
        config: Any = {"configurable": {"thread_id": thread, "checkpoint_ns": ns}}
        if parent:
            config["configurable"]["checkpoint_id"] = parent[2]
        written = await self.saver.aput(config, checkpoint, metadata, changed)
        writes = [("messages", f"write {self.made}")] if self.pick.random() < 0.5 else []
        await self.saver.aput_writes(written, writes, "task")
        self.rows[thread, ns, checkpoint["id"]] = {
            "values": values,
            "versions": versions,
            "writes": [("task", *write) for write in writes],
            "run": run,
            "ts": START + timedelta(hours=self.made),
            "root": metadata.get("parents", {}).get(""),
        }

    async def prune(self, thread: str) -> None:
        last = self.pick.choice([None, 1, 2, 5])
        since = self.pick.choice([None, START + timedelta(hours=self.pick.randrange(self.made + 1))])
        await self.saver.aprune([thread], keep_last=last, older_than=since)
        if last is None and since is None:
            last = 1
        roots = {key[2] for key in self.of(thread, "")}
        for ns in ("", "kept_apart", "sub:task"):
            for place, key in enumerate(self.of(thread, ns)):
                recent = since is None or self.rows[key]["ts"] >= since
                if place > 0 and not (recent and (last is None or place < last)):
                    del self.rows[key]
        kept_roots = {key[2] for key in self.of(thread, "")}
        calls = self.of(thread, "sub:task")
        # A subgraph's call goes with the root checkpoint that its newest one started from.
        if calls and self.rows[calls[0]]["root"] in roots - kept_roots:
            for key in calls:
                del self.rows[key]

    async def take_back(self) -> None:
        runs = self.pick.sample([f"run-{number}" for number in range(6)], 2)
        await self.saver.adelete_for_runs(runs)
        self.rows = {key: row for key, row in self.rows.items() if row["run"] not in runs}

    async def copy(self, source: str) -> None:
        target = f"copy-{self.made}"
        await self.saver.acopy_thread(source, target)
        for (thread, *rest), row in list(self.rows.items()):
            if thread == source:
                self.rows[(target, *rest)] = row  # type: ignore[index]

    async def check(self, database: str) -> None:
        found: dict[Key, Any] = {}
        async for each in self.saver.alist(None):
            place = each.config["configurable"]
            found[place["thread_id"], place["checkpoint_ns"], place["checkpoint_id"]] = each
        assert set(found) == set(self.rows)
        for key, row in self.rows.items():
            assert found[key].checkpoint["channel_values"] == row["values"]
            assert found[key].pending_writes == row["writes"]
        shown = {
            (thread, ns, name, version)
            for (thread, ns, _), row in self.rows.items()
            for name, version in row["versions"].items()
            if name != "count"
        }
        with psycopg.connect(database) as connection:
            blobs = connection.execute(
                "SELECT thread_id, checkpoint_ns, channel, version FROM checkpoint_blobs"
            ).fetchall()
            writes = connection.execute(
                "SELECT DISTINCT thread_id, checkpoint_ns, checkpoint_id FROM checkpoint_writes"
            ).fetchall()
        assert set(blobs) == shown, "a value that nothing shows is left"
        assert set(writes) == {key for key, row in self.rows.items() if row["writes"]}


@pytest.mark.parametrize("seed", range(4))
async def test_what_stays_shows_what_it_always_showed(saver: PostgresSaver, database: str, seed: int) -> None:
    model = Model(saver, seed)
    for number in range(12):
        for _ in range(model.pick.randrange(1, 12)):
            await model.put(model.pick.choice("ab"))
        step = model.pick.choice([model.prune, model.prune, model.copy, None])
        await (step(model.pick.choice("ab")) if step else model.take_back())
        if number % 3 == 2:
            await model.check(database)
    await model.saver.aprune(["a", "b"], strategy="delete")
    model.rows = {key: row for key, row in model.rows.items() if key[0] not in ("a", "b")}
    await model.check(database)


async def test_a_thread_with_delta_channels_is_refused_whole(saver: PostgresSaver) -> None:
    config: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
    ids = []
    for step, run in enumerate(("first", "second")):
        checkpoint: Any = {
            **empty_checkpoint(),
            "channel_values": {"log": _DeltaSnapshot(["a"])},
            "channel_versions": {"log": "1"},
        }
        config = await saver.aput(
            config, checkpoint, {"source": "loop", "step": step, "run_id": run}, {"log": "1"}
        )
        ids.append(checkpoint["id"])
    for refused in (saver.aprune(["t"]), saver.aprune(["t"], keep_last=1), saver.adelete_for_runs(["first"])):
        with pytest.raises(NotImplementedError, match="can only be kept or deleted whole"):
            await refused
    assert [each.checkpoint["id"] async for each in saver.alist(None)] == ids[::-1]
    # Nothing that stays rests on the newest run: it may be taken back.
    await saver.adelete_for_runs(["second"])
    assert [each.checkpoint["id"] async for each in saver.alist(None)] == ids[:1]
    await saver.aprune(["t"], strategy="delete")
    assert [each async for each in saver.alist(None)] == []


async def test_limits_that_are_none_are_refused(saver: PostgresSaver) -> None:
    with pytest.raises(UserError, match="keep_last is 0"):
        await saver.aprune(["t"], keep_last=0)
    with pytest.raises(UserError, match="no time zone"):
        await saver.aprune(["t"], older_than=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake
    with pytest.raises(ValueError, match="Unknown prune strategy"):
        await saver.aprune(["t"], strategy="all")
    with pytest.raises(ValueError, match="with a limit"):
        await saver.aprune(["t"], strategy="delete", keep_last=3)
    with pytest.raises(TypeError):
        await saver.aprune("t")

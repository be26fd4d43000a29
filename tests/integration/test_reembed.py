"""Another embedding model: the old vectors serve until the new are complete; killed, it goes on; nothing is doubled."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langchain_core.embeddings import Embeddings
from langgraph.store.base import Item, PutOp
from langgraph.store.postgres.aio import AsyncPostgresStore
from psycopg.rows import dict_row

from config.errors import UserError
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.ranking import spaces as spaces_module
from memory.long_term.ranking.document import Described, Document
from memory.long_term.ranking.signs import PLAIN
from memory.long_term.ranking.spaces import LOOK_S, Space, Watch, known_dims, spaces
from memory.long_term.upkeep import reembed as reembed_module
from memory.long_term.upkeep.reembed import Result, forget_others, reembed
from memory.postgres.pool import open_pool
from tests.contract.store.embedding import DIMS, HashedWords
from tests.integration.reembed_process import NEW, NEW_DIMS, Endings
from tests.services.command import finished
from tests.services.postgres import PROJECT, until

NS = ("users", "ana", "notes")
BO = ("users", "bo")
OLD = "test:words"


@asynccontextmanager
async def opened(
    address: str, embedder: Embeddings, model: str, dims: int, *, set_up: bool = True
) -> AsyncIterator[PostgresStore]:
    async with open_pool(address, max_size=4, timeout_s=20, name="reembed-test") as pool:
        store = PostgresStore(pool, {"dims": dims, "embed": embedder, "fields": ["text"]}, model=model)
        if set_up:
            await store.setup()
        yield store


@pytest.fixture
async def old(database: str) -> AsyncIterator[PostgresStore]:
    async with opened(database, HashedWords(), OLD, DIMS) as store:
        yield store


async def change(store: PostgresStore, embedder: Embeddings | None = None, **more: Any) -> Result:
    new = embedder or Endings()
    return await reembed(store.pool, new, model=NEW, dims=NEW_DIMS, fields=["text"], **more)


def rows(address: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(address, row_factory=dict_row) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        return connection.execute(query).fetchall()


def vectors(address: str, space: int) -> dict[str, int]:
    """How many vectors each memory has in a space, by key."""
    found = rows(
        address,
        f"SELECT m.key, count(*) AS n FROM memory_vectors v JOIN memory_items m USING (owner, id) "
        f"WHERE v.space = {space} GROUP BY m.key",
    )
    return {row["key"]: row["n"] for row in found}


async def keys(store: PostgresStore, query: str) -> list[str]:
    return [item.key for item in await store.asearch(NS, query=query, limit=1)]


async def test_the_old_model_serves_until_the_new_one_does(old: PostgresStore, database: str) -> None:
    texts = {f"k{n}": f"memory number {n} of the {'tea' if n % 2 else 'wine'}" for n in range(150)}
    await old.abatch([PutOp(NS, key, {"text": text}) for key, text in texts.items()])
    await old.aput(BO, "b", {"text": "rain"})
    await old.aput(NS, "unseen", {"text": "sun"}, index=False)
    heard: list[int] = []
    during: list[list[str]] = []

    class Watched(Endings):
        async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
            during.append(await keys(old, "number 7 tea"))
            return await super().aembed_documents(texts)

    result = await change(old, Watched(), on_total=heard.append, on_done=heard.append)
    assert result == Result(Space(2, NEW, NEW_DIMS), 151)
    assert heard[0] == sum(heard[1:]) == 151
    assert during == [["k7"]] * len(during)
    assert vectors(database, 1) == vectors(database, 2) == dict.fromkeys([*texts, "b"], 1)
    assert [(space.model, space.active) for space in await spaces(old.pool)] == [(OLD, False), (NEW, True)]
    async with opened(database, Endings(), NEW, NEW_DIMS) as new:
        (first, *_) = await new.asearch(NS, query=texts["k7"], limit=1)
        assert first.score == pytest.approx(1.0, abs=0.01)
        assert len(await new.asearch(NS, query="tea", limit=500)) == 150
        assert await known_dims(new.pool, NEW) == NEW_DIMS


async def test_what_is_written_meanwhile_has_the_new_vectors_of_its_last_words(
    old: PostgresStore, database: str
) -> None:
    await old.abatch([PutOp(NS, f"k{n}", {"text": f"said {n}"}) for n in range(100)])

    class Slow(Endings):
        """While the first batch is embedded, a server changes, adds and deletes."""

        async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
            if not self.texts:
                await old.aput(NS, "k0", {"text": "changed"})
                await old.aput(NS, "later", {"text": "later words"})
                await old.aput(NS, "k1", {"text": "no more"}, index=False)
                await old.adelete(NS, "k2")
            return await super().aembed_documents(texts)

    embedder = Slow()
    await change(old, embedder)
    expected = dict.fromkeys([f"k{n}" for n in range(100) if n not in (1, 2)] + ["later"], 1)
    assert vectors(database, 2) == expected
    assert {"changed", "later words"} <= set(embedder.texts)
    async with opened(database, Endings(), NEW, NEW_DIMS) as new:
        (found, *_) = await new.asearch(NS, query="changed", limit=1)
        assert (found.key, found.value) == ("k0", {"text": "changed"})


async def test_writers_that_never_rest_lose_nothing(old: PostgresStore, database: str) -> None:
    await old.abatch([PutOp(NS, f"k{n}", {"text": f"said {n}"}) for n in range(80)])
    written: dict[str, str] = {}
    refusals: list[str] = []

    async def keep_writing(name: str) -> None:
        for number in range(10_000):
            key, text = f"{name}{number % 7}", f"words {number}"
            try:
                await old.aput(NS, key, {"text": text})
            except UserError as error:
                refusals.append(error.sentence)
                return
            written[key] = text

    await asyncio.gather(change(old, Endings(0.05)), *(keep_writing(name) for name in "abc"))
    assert len(refusals) == 3
    assert all("restart it" in sentence and sentence.endswith(".") for sentence in refusals)
    assert set(vectors(database, 2).values()) == {1}
    assert set(vectors(database, 2)) == {f"k{n}" for n in range(80)} | set(written)
    kept = {
        row["key"]: row["text"]
        for row in rows(database, "SELECT key, value->>'text' AS text FROM memory_items")
    }
    assert {key: kept[key] for key in written} == written


async def test_a_server_that_has_the_old_model_goes_on_reading_and_may_not_write(
    old: PostgresStore, database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old.abatch([PutOp(NS, "k", {"text": "green tea"}), PutOp(NS, "w", {"text": "red wine"})])
    await change(old)
    assert await keys(old, "green tea") == ["k"]
    with pytest.raises(UserError, match="restart it with MNEMOGRAPH_EMBEDDINGS"):
        await old.abatch([PutOp(NS, "new", {"text": "black tea"}), PutOp(NS, "w", None)])
    assert await old.aget(NS, "new") is None
    await old.aput(NS, "plain", {"text": "not searched"}, index=False)
    await old.adelete(NS, "w")
    assert vectors(database, 2) == {"k": 1}
    monkeypatch.setattr(spaces_module, "LOOK_S", 0.0)
    old._watch = Watch(Space(1, OLD, DIMS))
    assert await keys(old, "green tea") == ["k"]
    assert "embedded anew by another model than 'test:words'" in caplog.text
    assert await forget_others(old.pool, grace_s=0) == [Space(1, OLD, DIMS, active=False)]
    assert vectors(database, 1) == {}
    with pytest.raises(UserError, match="restart"):
        await keys(old, "green tea")
    assert await old.aget(NS, "k") is not None


async def test_a_store_looks_after_its_space_only_now_and_then(old: PostgresStore) -> None:
    now = [100.0]
    watch = Watch(Space(1, OLD, DIMS), clock=lambda: now[0])
    await change(old)
    await forget_others(old.pool, grace_s=0)
    now[0] += LOOK_S - 1
    await watch.look(old.pool)
    now[0] += 1
    for _ in range(2):
        with pytest.raises(UserError):
            await watch.look(old.pool)


async def test_both_directions_have_a_way_out(old: PostgresStore, database: str) -> None:
    await old.aput(NS, "k", {"text": "green tea"})
    async with opened(database, Endings(), NEW, NEW_DIMS, set_up=False) as new:
        with pytest.raises(UserError, match="mnemograph reembed"):
            await new.setup()
        await change(old)
        await new.setup()
        await new.aput(NS, "k", {"text": "red wine"})
    async with opened(database, HashedWords(), OLD, DIMS, set_up=False) as again:
        with pytest.raises(UserError, match="mnemograph reembed"):
            await again.setup()
        back = await reembed(again.pool, HashedWords(), model=OLD, dims=DIMS, fields=["text"])
        assert (back.space.id, back.memories) == (1, 1)
        await again.setup()
        assert [item.value["text"] for item in await again.asearch(NS, query="red wine")] == ["red wine"]


async def test_one_model_may_change_its_dimension(old: PostgresStore, database: str) -> None:
    await old.aput(NS, "k", {"text": "green tea"})
    result = await reembed(old.pool, Endings(), model=OLD, dims=NEW_DIMS, fields=["text"])
    assert result.memories == 1
    async with opened(database, Endings(), OLD, NEW_DIMS) as new:
        assert await keys(new, "green tea") == ["k"]
        assert await known_dims(new.pool, OLD) == NEW_DIMS


async def test_each_is_embedded_by_the_fields_that_it_was_indexed_by(
    old: PostgresStore, database: str
) -> None:
    await old.aput(NS, "titled", {"text": "text", "title": "title"}, index=["title"])
    await old.aput(NS, "both", {"text": "first", "tags": ["second", "third"]}, index=["text", "tags[*]"])
    embedder = Endings()
    await change(old, embedder)
    assert sorted({*embedder.texts} - {*PLAIN}) == ["first", "second", "third", "title"]
    assert vectors(database, 2) == {"titled": 1, "both": 3}


async def test_documents_that_their_writer_made_need_the_writer(old: PostgresStore, database: str) -> None:
    document = Document(views=["green tea"], words=["tea"])
    await old.aput(NS, "sealed", Described({"sealed": "x"}, document))
    with pytest.raises(UserError, match="1 memories were written by a store that describes them itself"):
        await change(old)
    assert [space.active for space in await spaces(old.pool)] == [True, False]
    asked: list[Item] = []

    async def describe(items: Sequence[Item]) -> list[Document | None]:
        asked.extend(items)
        return [document if item.key == "sealed" else None for item in items]

    await change(old, describe=describe)
    assert [(item.namespace, item.value) for item in asked] == [(NS, {"sealed": "x"})]
    assert vectors(database, 2) == {"sealed": 1}


async def test_a_model_that_fails_half_way_leaves_the_old_one_serving(old: PostgresStore) -> None:
    await old.abatch([PutOp(NS, f"k{n}", {"text": f"said {n}"}) for n in range(100)])

    class Failing(Endings):
        async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
            if {*self.texts} - {*PLAIN}:
                raise RuntimeError("the model is away")
            return await super().aembed_documents(texts)

    with pytest.raises(RuntimeError, match="away"):
        await change(old, Failing())
    await old.aput(NS, "k0", {"text": "still served"})
    result = await change(old)
    assert 0 < result.memories < 100


def kill_in_the_middle(address: str) -> None:
    command = [sys.executable, "-m", "tests.integration.reembed_process", address, "0.3"]
    with subprocess.Popen(command, cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)}) as process:
        until(lambda: len(vectors(address, 2)) >= 64, "some are embedded")
        process.send_signal(signal.SIGKILL)


async def test_killed_in_the_middle_and_run_again(old: PostgresStore, database: str) -> None:
    texts = {f"k{n}": f"memory {n}" for n in range(400)}
    await old.abatch([PutOp(NS, key, {"text": text}) for key, text in texts.items()])
    await asyncio.to_thread(kill_in_the_middle, database)
    done = len(vectors(database, 2))
    assert done < 400
    assert await keys(old, "memory 7") == ["k7"]
    embedder = Endings()
    result = await change(old, embedder)
    assert vectors(database, 2) == dict.fromkeys(texts, 1)
    # What the killed process's last statement still wrote is not among those that were left.
    assert result.memories <= 400 - done
    assert len(embedder.texts) == len(set(embedder.texts))


async def test_vectors_deleted_while_they_are_made_do_not_serve(old: PostgresStore, database: str) -> None:
    await old.aput(NS, "k", {"text": "green tea"})

    class Hasty(Endings):
        async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
            await forget_others(old.pool, grace_s=0)
            return await super().aembed_documents(texts)

    with pytest.raises(UserError, match="--forget-old"):
        await change(old, Hasty())
    assert [(space.model, space.active) for space in await spaces(old.pool)] == [(OLD, True)]
    assert await keys(old, "green tea") == ["k"]
    result = await change(old)
    assert result.space.id > 2
    assert (result.memories, vectors(database, result.space.id)) == (1, {"k": 1})


async def test_two_at_once_double_nothing(old: PostgresStore, database: str) -> None:
    await old.abatch([PutOp(NS, f"k{n}", {"text": f"said {n}"}) for n in range(150)])
    await asyncio.gather(change(old, Endings(0.01)), change(old, Endings(0.01)))
    (serving,) = [space.id for space in await spaces(old.pool) if space.active]
    assert serving != 1
    assert vectors(database, serving) == {f"k{n}": 1 for n in range(150)}


async def test_a_table_that_somebody_holds_delays_the_switch_and_loses_nothing(
    old: PostgresStore, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old.aput(NS, "k", {"text": "green tea"})
    with psycopg.connect(database) as holder:
        holder.execute("LOCK TABLE memory_items IN ROW EXCLUSIVE MODE")
        with monkeypatch.context() as once:
            once.setattr(reembed_module, "LOCK_TRIES", 1)
            with pytest.raises(UserError, match="run `mnemograph reembed` again"):
                await change(old)
        assert [space.active for space in await spaces(old.pool)] == [True, False]
        again = asyncio.create_task(change(old))
        await asyncio.to_thread(until, lambda: waits_for_a_lock(database), "the second run waits")
        holder.rollback()
    assert (await again).memories == 0
    assert vectors(database, 2) == {"k": 1}


def waits_for_a_lock(address: str) -> bool:
    return bool(
        rows(address, "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'memory_items'::regclass")
    )


async def test_a_superuser_does_it_as_well(superuser_database: str) -> None:
    """Its transactions work as another role, which may neither read the stock tables nor lock ours."""
    async with AsyncPostgresStore.from_conn_string(superuser_database) as stock:
        await stock.setup()
        await stock.aput(NS, "k", {"text": "green tea"}, ttl=1)
    async with opened(superuser_database, HashedWords(), OLD, DIMS) as store:
        assert await keys(store, "green tea") == ["k"]
        assert (await change(store)).memories == 1
        assert await keys(store, "green tea") == ["k"]
        with pytest.raises(UserError, match="restart"):
            await store.aput(NS, "k", {"text": "red wine"})
        assert await forget_others(store.pool, grace_s=0) == [Space(1, OLD, DIMS, active=False)]
        assert vectors(superuser_database, 2) == {"k": 1}
        for table in ("memory_items", "memory_lookup", "memory_vectors"):
            rows(superuser_database, f"UPDATE {table} SET expires_at = now() - interval '1 hour' RETURNING 1")
        assert await store.sweep_ttl() == 1


async def test_the_command(database: str, data_dir: Path) -> None:
    settings = {"MNEMOGRAPH_POSTGRES": database}
    async with opened(database, HashedWords(), OLD, DIMS) as store:
        await store.aput(NS, "k", {"text": "green tea"})
        done = await asyncio.to_thread(finished, data_dir, "reembed", **settings)
    assert done.returncode == 0, done.stderr
    assert "1 memories embedded by local:all-MiniLM-L6-v2 (384 dimensions)" in done.stdout
    assert "Traceback" not in done.stderr
    refused = await asyncio.to_thread(finished, data_dir, "reembed", **settings, MNEMOGRAPH_STORE="memory")
    assert (refused.returncode, "nothing to embed anew" in refused.stderr) == (2, True)

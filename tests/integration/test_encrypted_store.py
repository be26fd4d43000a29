"""The encrypter on a real Postgres: keys and their rotation, migration, versions, other wrappers."""

import asyncio

import psycopg
import pytest
from langgraph.store.base import GetOp, PutOp
from langgraph.store.memory import InMemoryStore

from config.errors import UserError
from memory.long_term.postgres_store import ConflictError, PostgresStore
from memory.long_term.statements.operations import STRATEGY, PutIf
from memory.long_term.statements.reads import Hit, VersionedItem
from memory.long_term.upkeep.reembed import reembed
from memory.long_term.wrappers.batched import BatchedStore
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.encrypted import SEALED, EncryptedStore
from memory.long_term.wrappers.keyed_lexicon import KeyedLexicon
from memory.long_term.wrappers.layers import ProcessLayer
from memory.long_term.wrappers.sealed_error import SealedError
from memory.long_term.wrappers.versions import LocalVersions
from tests.contract.store.embedding import DIMS, HashedWords
from tests.contract.store.places import OUR_ITEMS, index
from tests.services.encrypted import (
    ANA,
    BOB,
    NEW,
    OLD,
    House,
    dump,
    found_in,
)


async def test_a_key_row_of_another_owner_opens_nothing(house: House) -> None:
    store = house.store()
    for namespace in (ANA, BOB):
        await store.aput(namespace, "k", {"text": "tea"})
    house.rows(
        "UPDATE memory_keys a SET id = b.id, wrapped = b.wrapped FROM memory_keys b "
        "WHERE a.owner = 'users.ana' AND b.owner = 'users.bob'"
    )
    with pytest.raises(UserError, match="master key given as 'old'"):
        await house.store().aget(ANA, "k")


async def test_master_keys_are_rotated(house: House) -> None:
    await house.store().aput(ANA, "k", {"text": "tea", "n": 1})
    both = house.store(house.keys({"old": OLD, "new": NEW}))
    await both.aput(BOB, "k", {"text": "wine"})
    assert house.rows("SELECT owner, master FROM memory_keys ORDER BY owner") == [
        ("users.ana", "old"),
        ("users.bob", "new"),
    ]
    with pytest.raises(UserError, match="'new', which is not among those given"):
        await house.store().aget(BOB, "k")
    assert await both.keys.rewrap() == 1
    assert await both.keys.rewrap() == 0
    after = house.store(house.keys({"new": NEW}))
    assert [item.key for item in await after.asearch(ANA, query="tea", filter={"n": 1})] == ["k"]
    with pytest.raises(UserError, match="not among those given"):
        await house.store().aget(ANA, "k")
    assert house.rows("SELECT DISTINCT master FROM memory_keys") == [("new",)]


async def test_a_wrong_master_key_is_one_clear_sentence(house: House) -> None:
    await house.store().aput(ANA, "k", {"text": "tea"})
    wrong = house.store(house.keys({"old": NEW}))
    for attempt in (
        wrong.aget(ANA, "k"),
        wrong.aput(ANA, "other", {"text": "tea"}),
        wrong.asearch((), query="tea"),
    ):
        with pytest.raises(UserError, match="not the one that these memories were sealed under") as raised:
            await attempt
        assert NEW.decode() not in str(raised.value)
    # Before a new owner's key is wrapped with it, which would be found out too late.
    for masters in ({"old": NEW}, {"new": NEW}):
        with pytest.raises(UserError, match=r"were sealed under|not among those given"):
            await house.store(house.keys(masters)).setup()
    await house.store(house.keys({"old": OLD, "new": NEW})).setup()


async def test_many_makers_of_one_key_agree(house: House) -> None:
    stores = [house.store() for _ in range(6)]
    await asyncio.gather(*(store.aput(ANA, f"k{n}", {"text": "tea"}) for n, store in enumerate(stores)))
    assert house.rows("SELECT count(*) FROM memory_keys") == [(1,)]
    for store in (*stores, house.store()):
        assert len(await store.asearch(ANA, query="tea")) == 6


async def test_keys_are_isolated_by_row(house: House) -> None:
    store = house.store()
    for namespace in (ANA, BOB):
        await store.aput(namespace, "k", {"text": "tea"})
    with psycopg.connect(house.address, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM memory_keys").fetchone() == (0,)
        connection.execute("SET mnemograph.owner = 'users.ana'")
        assert connection.execute("SELECT owner FROM memory_keys").fetchall() == [("users.ana",)]


async def test_plaintext_is_refused_or_read_for_a_migration(house: House) -> None:
    plain = PostgresStore(house.pool, index(HashedWords()))
    await plain.aput(ANA, "old", {"text": "green tea", "n": 1})
    store = house.store()
    await store.aput(ANA, "new", {"text": "red wine", "n": 1})
    with pytest.raises(SealedError, match="'old' is not sealed"):
        await store.aget(ANA, "old")
    moving = house.store(read_plaintext=True)
    found = await moving.asearch(ANA, filter={"n": 1})
    assert {item.key for item in found} == {"old", "new"}
    await moving.abatch([PutOp(item.namespace, item.key, item.value) for item in found])
    assert {item.key for item in await store.asearch(ANA, filter={"n": 1})} == {"old", "new"}
    assert found_in(dump(house.address), ["green tea"]) == set()


async def test_versions_and_receipts_come_through(house: House) -> None:
    store = house.store()
    await store.abatch([PutIf(PutOp(ANA, "k", {"text": "tea"}), 0)])
    item = await store.aget(ANA, "k")
    assert isinstance(item, VersionedItem)
    with pytest.raises(ConflictError):
        await store.abatch([PutIf(PutOp(ANA, "k", {"text": "wine"}), item.version + 1)])
    await store.abatch([PutIf(PutOp(ANA, "k", {"text": "wine"}), item.version)])
    [hit] = await store.asearch(ANA, query="wine", filter={STRATEGY: "hybrid", "text": "wine"})
    assert isinstance(hit, Hit)
    assert hit.receipt
    assert hit.receipt["lanes"]["keyword"]["rank"] == 1
    assert hit.version == item.version + 1


async def test_a_lexicon_without_the_key_refuses(house: House) -> None:
    store = house.store()
    await store.aput(ANA, "k", {"text": "tea"})
    bare = PostgresStore(house.pool, index(HashedWords()), lexicon=KeyedLexicon(house.keys()))
    with pytest.raises(LookupError, match="through its EncryptedStore alone"):
        await bare.asearch(ANA, query="tea", filter={STRATEGY: "keyword"})


async def test_it_goes_around_any_store(house: House) -> None:
    inner = InMemoryStore()
    store = EncryptedStore(inner, house.keys())
    await store.aput(ANA, "k", {"text": "tea", "n": 1})
    for _ in range(2):
        item = await store.aget(ANA, "k")
        assert item is not None
        assert item.value == {"text": "tea", "n": 1}
    kept = inner.get(ANA, "k")
    assert kept is not None
    assert "tea" not in str(kept.value)
    assert [found.key for found in await store.asearch(ANA, filter={"n": 1})] == ["k"]


async def test_a_value_too_large_to_seal_is_refused(house: House) -> None:
    store = house.store()
    await store.aput(ANA, "fits", {"text": "x" * 700_000})
    with pytest.raises(ValueError, match="when sealed; at most 1,000,000"):
        await store.aput(ANA, "k", {"text": "x" * 800_000})
    assert await store.aget(ANA, "k") is None


async def test_it_is_embedded_anew_by_another_model(house: House) -> None:
    store = house.store()
    await store.aput(ANA, "a", {"text": "green tea", "title": "red wine"}, index=["title"])
    await store.aput(ANA, "b", {"text": "green tea"})
    with pytest.raises(UserError):
        await reembed(house.pool, HashedWords(), model="other", dims=DIMS, fields=["text"])
    result = await reembed(
        house.pool, HashedWords(), model="other", dims=DIMS, fields=["text"], describe=store.describe
    )
    assert result.memories == 2
    keys = house.keys()
    inner = PostgresStore(house.pool, index(HashedWords()), lexicon=KeyedLexicon(keys), model="other")
    after = EncryptedStore(inner, keys, indexed=["text"])
    for query, wanted in (("red wine", "a"), ("green tea", "b")):
        [first, second] = await after.asearch(ANA, query=query)
        assert (first.key, first.score) == (wanted, pytest.approx(1.0, abs=0.01))
        assert second.score is not None
        assert second.score < 0.1


async def test_it_wraps_a_cache_and_a_batcher(house: House) -> None:
    keys = house.keys()
    bare = PostgresStore(house.pool, index(HashedWords()), lexicon=KeyedLexicon(keys))
    layer = ProcessLayer()
    cache = CachedStore(bare, versions=LocalVersions(), layers=[layer], codec=OUR_ITEMS)
    async with BatchedStore(cache) as batched:
        store = EncryptedStore(batched, keys, indexed=["text"])
        assert "hybrid" in store.strategies
        await store.aput(ANA, "k", {"text": "porcupine", "n": 1})
        for _ in range(2):
            [item] = await store.asearch(
                ANA, query="porcupine", filter={"n": 1, STRATEGY: "hybrid"}, refresh_ttl=False
            )
            assert item.value == {"text": "porcupine", "n": 1}
            assert await store.abatch([GetOp(ANA, "k", refresh_ttl=False)]) != [None]
        assert cache.counts.hits == 2
        kept = b"".join(data for data, _ in layer.lru._kept.values())
        assert b"porcupine" not in kept
        assert SEALED.encode() in kept
        await store.destroy(ANA)
        assert await store.abatch([GetOp(ANA, "k", refresh_ttl=False)]) == [None]

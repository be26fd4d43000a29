"""What a dump of sealed memories shows, what is refused, what is left when a key is destroyed."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from langgraph.store.base import PutOp

from config.errors import UserError
from config.settings import Settings
from memory.lifecycle.recalling.recall import recall
from memory.long_term.language.times import Span
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.ranking.document import _number
from memory.long_term.statements.operations import options
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.long_term.wrappers.keyed_lexicon import KeyedLexicon
from memory.long_term.wrappers.master_keys import MasterKeys
from memory.long_term.wrappers.owner_keys import OwnerKeys
from memory.long_term.wrappers.sealed_error import SealedError
from memory.postgres.pool import open_pool
from tests.contract.store.embedding import HashedWords
from tests.contract.store.places import index
from tests.services.encrypted import (
    ANA,
    BOB,
    NEW,
    OLD,
    QUESTIONS,
    THREAD,
    WORDS,
    House,
    conversations,
    dump,
    found_in,
    open_hashes_in,
    restore,
    tables,
)


async def test_a_dump_shows_no_word_no_speaker_and_no_open_hash(
    configured: Settings, database: str, second_database: str
) -> None:
    async with conversations(configured, database, second_database) as stores:
        for store in stores:
            await store.aput(
                (*ANA, "notes"), "k", {"text": "porcupine", "mood": "melancholy"}, index=["mood"]
            )
    plain, sealed = dump(database), dump(second_database)
    secret = [*WORDS, "melancholy", "message-1", THREAD, str(_number(THREAD))]
    # What is looked for is found where nothing is sealed.
    assert found_in(plain, secret) == set(secret)
    assert len(open_hashes_in(plain)) > 10
    assert found_in(sealed, secret) == set()
    assert open_hashes_in(sealed) == set()
    assert sealed["memory_items"].count("\n") == plain["memory_items"].count("\n")
    assert sealed["memory_speakers"].count("\n") == 2
    assert "memory_keys" in sealed


async def test_recall_finds_through_it_what_it_finds_without(
    configured: Settings, database: str, second_database: str
) -> None:
    now = datetime(2026, 3, 6, tzinfo=UTC)
    async with conversations(configured, database, second_database) as (plain, sealed):
        for question in QUESTIONS:
            wanted = await recall(plain, "ana", question, limit=10, now=now)
            found = await recall(sealed, "ana", question, limit=10, now=now)
            assert [(each.id, each.text, each.receipt) for each in found] == [
                (each.id, each.text, each.receipt) for each in wanted
            ]
            assert wanted
        assert any(
            "speaker" in each.receipt["boosts"] for each in await recall(sealed, "ana", QUESTIONS[0], limit=3)
        )
        for strategy in ("keyword", "temporal"):
            asked = options(strategy, now, [Span(now - timedelta(days=30), now, "")])
            pair = [await store.asearch(ANA, query=QUESTIONS[3], filter=asked) for store in (plain, sealed)]
            assert [item.key for item in pair[0]] == [item.key for item in pair[1]] != []


@pytest.mark.parametrize("how", ["key", "path", "owner", "tokens", "other_key"])
async def test_a_sealed_value_that_was_moved_or_altered_is_refused(house: House, how: str) -> None:
    store = house.store()
    for namespace in (ANA, (*ANA, "facts"), BOB):
        await store.abatch([PutOp(namespace, key, {"text": f"{namespace} {key}"}) for key in ("a", "b")])
    source = {"path": ("users.ana", "facts", "a"), "owner": ("users.bob", "", "a")}.get(
        how, ("users.ana", "", "b")
    )
    if how == "tokens":
        house.rows(
            """UPDATE memory_items SET value = value || '{"more": "x"}' WHERE owner = 'users.ana' AND key = 'a'"""
        )
    elif how == "other_key":
        house.rows("DELETE FROM memory_keys WHERE owner = 'users.ana'")
        house.clock.now += 60
    else:
        [(value,)] = house.rows(
            "SELECT value FROM memory_items WHERE owner = %s AND path = %s AND key = %s", *source
        )
        house.rows(
            "UPDATE memory_items SET value = %s WHERE owner = 'users.ana' AND path = '' AND key = 'a'",
            psycopg.types.json.Jsonb(value),
        )
    with pytest.raises(SealedError, match="'a'"):
        await store.aget(ANA, "a")
    with pytest.raises(SealedError):
        await store.asearch(ANA, query="users")
    assert await store.aget(BOB, "b") is not None


async def test_a_destroyed_key_leaves_nothing_to_read(house: House) -> None:
    store = house.store()
    for namespace in (ANA, (*ANA, "facts"), BOB):
        await store.aput(namespace, "k", {"text": "green tea", "n": 1})
    backup = dump(house.address)
    counts = await store.destroy(ANA)
    assert counts["memory_keys"] == 1
    assert counts["memory_items"] == counts["memory_vectors"] == counts["memory_lookup"] == 2
    for table in tables(house.address):
        if table not in (
            "memory_erasure_key",
            "memory_erasures",
            "memory_heat",
            "memory_migrations",
            "memory_spaces",
        ):
            assert house.rows(f"SELECT count(*) FROM {table} WHERE owner = 'users.ana'") == [(0,)]
    assert await store.aget(ANA, "k") is None
    assert await store.asearch(ANA, query="tea", filter=options("hybrid")) == []
    assert [item.namespace for item in await store.asearch((), query="tea")] == [BOB]

    await store.destroy(BOB)
    restored = {
        table: text
        for table, text in backup.items()
        if table.startswith(("memory_i", "memory_l", "memory_v"))
    }
    restore(house.address, restored)
    for reader in (store, house.store()):
        with pytest.raises(SealedError, match="the key of its owner was destroyed"):
            await reader.aget(ANA, "k")
        with pytest.raises(SealedError, match="destroyed"):
            await reader.asearch(ANA, query="tea")
    # A new beginning has a new key, which does not open what was before.
    await store.aput(ANA, "new", {"text": "wine"})
    assert await store.aget(ANA, "new") is not None
    with pytest.raises(SealedError, match="destroyed"):
        await store.aget(ANA, "k")


async def test_a_backup_of_the_key_opens_with_its_master_key_alone(house: House) -> None:
    """Why the master key is changed after a destruction, where backups hold memory_keys, too."""
    await house.store().aput(ANA, "k", {"text": "tea"})
    backup = dump(house.address)
    store = house.store(house.keys({"old": OLD, "new": NEW}))
    await store.destroy(ANA)
    await store.keys.rewrap()
    restore(house.address, {table: backup[table] for table in ("memory_items", "memory_keys")})
    assert await house.store().aget(ANA, "k") is not None
    with pytest.raises(UserError, match="'old', which is not among those given"):
        await house.store(house.keys({"new": NEW})).aget(ANA, "k")


async def test_keys_may_be_in_another_database(house: House, second_database: str) -> None:
    async with open_pool(second_database, max_size=2, timeout_s=20, name="keys") as pool:
        house.rows("DROP TABLE memory_keys")
        keys = OwnerKeys(pool, MasterKeys({"old": OLD}), memories=house.pool)
        store = house.store(keys)
        await keys.setup()
        await store.aput(ANA, "k", {"text": "tea"})
        backup = dump(house.address)
        assert "memory_keys" not in backup
        assert (await store.destroy(ANA))["memory_items"] == 1
        restore(house.address, {"memory_items": backup["memory_items"]})
        with pytest.raises(SealedError, match="destroyed"):
            await store.aget(ANA, "k")


async def test_another_process_notices_within_the_bound(house: House) -> None:
    here, there = house.store(), house.store()
    await there.aput(ANA, "k", {"text": "tea"})
    await here.destroy(ANA)
    await there.aput(ANA, "late", {"text": "tea"})
    house.clock.now += 10
    with pytest.raises(SealedError, match="destroyed"):
        await there.aget(ANA, "late")
    assert (await here.destroy(ANA))["memory_items"] == 1
    await there.aput(ANA, "k", {"text": "tea"})
    assert [item.key for item in await here.asearch(ANA, query="tea")] == ["k"]


async def test_an_operation_under_way_while_the_key_is_destroyed_fails_loudly(house: House) -> None:
    keys = house.keys()
    embedder = HashedWords()
    inner = PostgresStore(house.pool, index(embedder), lexicon=KeyedLexicon(keys))
    store = EncryptedStore(inner, keys, indexed=["text"])
    await store.aput(ANA, "k", {"text": "tea"})
    embedder.waiting.clear()
    embedder.door.clear()
    write = asyncio.create_task(store.aput(ANA, "late", {"text": "green tea"}))
    await embedder.waiting.wait()
    await store.destroy(ANA)
    embedder.door.set()
    with pytest.raises(LookupError, match="destroyed meanwhile"):
        await write
    assert house.rows("SELECT count(*) FROM memory_items") == [(0,)]

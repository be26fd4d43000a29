"""The encrypter on a real Postgres: what a dump shows, what is refused, what is left when a key is destroyed."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from langgraph.store.base import BaseStore, GetOp, PutOp, SearchOp

from config.errors import UserError
from config.settings import Settings
from graphs.ingest import ingest, turns_of
from memory.lifecycle.recall import recall
from memory.lifecycle.transcripts import Line, thread_id
from memory.long_term.document import _number
from memory.long_term.factory import embeddings_from
from memory.long_term.lexemes import OpenLexicon, lexemes
from memory.long_term.operations import ASKED_AT, STRATEGY, PutIf
from memory.long_term.postgres_store import ConflictError, PostgresStore
from memory.long_term.reads import Hit, VersionedItem
from memory.long_term.wrappers import encrypted
from memory.long_term.wrappers.batched import BatchedStore
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.encrypted import SEALED, EncryptedStore
from memory.long_term.wrappers.keyed_lexicon import KeyedLexicon
from memory.long_term.wrappers.layers import ProcessLayer
from memory.long_term.wrappers.master_keys import MasterKeys
from memory.long_term.wrappers.owner_keys import OwnerKeys
from memory.long_term.wrappers.sealed_error import SealedError
from memory.long_term.wrappers.versions import LocalVersions
from memory.postgres.pool import Pool, open_pool
from tests.contract.store.embedding import HashedWords
from tests.contract.store.places import OUR_ITEMS, create_database, drop_database, index

ANA = ("users", "ana")
BOB = ("users", "bob")
OLD, NEW = b"o" * 32, b"n" * 32
THREAD = thread_id("holiday")
SAID = [
    ("Melanie", "user", "I adopted a porcupine called Quillfeather last Tuesday."),
    ("Caroline", "user", "My grandmother's marmalade recipe needs seventeen oranges."),
    ("Melanie", "user", "We are moving to Reykjavik in September because of the volcanoes."),
    ("Caroline", "user", "I practise the saxophone every evening, the neighbours complain."),
    ("Melanie", "user", "What do you think of my astronomy telescope?"),
]
WORDS = sorted(
    {word for name, _, text in SAID for word in re.findall(r"\w{7,}", f"{name} {text}".casefold())}
)
QUESTIONS = [
    "What kind of pet does Melanie have?",
    "Which instrument is practised by Caroline?",
    "Where are they moving to in September?",
    "marmalade oranges",
    "What happened last Tuesday?",
]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    """One database with stores over it."""

    pool: Pool
    address: str
    clock: Clock = field(default_factory=Clock)

    def keys(self, masters: dict[str, bytes] | None = None, **more: Any) -> OwnerKeys:
        return OwnerKeys(self.pool, MasterKeys(masters or {"old": OLD}), clock=self.clock, **more)

    def store(self, keys: OwnerKeys | None = None, **more: Any) -> EncryptedStore:
        keys = keys or self.keys()
        inner = PostgresStore(self.pool, index(HashedWords()), lexicon=KeyedLexicon(keys))
        return EncryptedStore(inner, keys, indexed=["text"], **more)

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("SET mnemograph.owner = '*'")
            cursor = connection.execute(query, params)
            return cursor.fetchall() if cursor.description else []


def tables(address: str) -> list[str]:
    with psycopg.connect(address) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            "AND starts_with(relname, 'memory_') ORDER BY relname"
        ).fetchall()
    return [name for (name,) in found]


def dump(address: str) -> dict[str, str]:
    """Every table of the memories as pg_dump writes it."""
    texts = {}
    with psycopg.connect(address) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        for table in tables(address):
            with connection.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
                texts[table] = b"".join(bytes(part) for part in copy).decode()
    return texts


def restore(address: str, texts: dict[str, str]) -> None:
    """As pg_restore does it: the rows first, row-level security after."""
    with psycopg.connect(address) as connection:
        for table, text in texts.items():
            connection.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(text)
            connection.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


@pytest.fixture
async def house(database: str) -> AsyncIterator[House]:
    async with open_pool(database, max_size=4, timeout_s=20, name="encrypted") as pool:
        made = House(pool, database)
        await made.store().setup()
        yield made


@pytest.fixture
def second_database(postgres_address: str) -> Iterator[str]:
    address = create_database(postgres_address)
    yield address
    drop_database(postgres_address, address)


@asynccontextmanager
async def conversations(configured: Settings, plain: str, sealed: str) -> AsyncIterator[list[BaseStore]]:
    """A plain store and an encrypted one, with the same conversation remembered in each."""
    embeddings = embeddings_from(configured)
    config: Any = {"dims": await embeddings.prepare(), "embed": embeddings, "fields": ["text"]}
    async with AsyncExitStack() as stack:
        stack.callback(embeddings.close)
        pools = [
            await stack.enter_async_context(open_pool(address, max_size=2, timeout_s=20, name="talk"))
            for address in (plain, sealed)
        ]
        keys = OwnerKeys(pools[1], MasterKeys({"old": OLD}))
        inner = PostgresStore(pools[1], config, lexicon=KeyedLexicon(keys))
        stores: list[Any] = [PostgresStore(pools[0], config), EncryptedStore(inner, keys, indexed=["text"])]
        for store in stores:
            await store.setup()
            await ingest(store, "ana", {THREAD: turns_of(lines())}, configured)
        yield stores


def lines() -> list[Line]:
    began = datetime(2026, 3, 4, 12, tzinfo=UTC)
    return [
        Line(THREAD, role, text, began + timedelta(minutes=number), name=name, id=f"message-{number}")
        for number, (name, role, text) in enumerate(SAID)
    ]


def found_in(texts: dict[str, str], words: list[str]) -> set[str]:
    everything = "\n".join(texts.values()).casefold()
    return {word for word in words if word in everything}


def open_hashes_in(texts: dict[str, str]) -> set[str]:
    """The lexemes whose dimension by the open hash is among the stored ones (sparsevec counts from 1)."""
    stored = {int(number) - 1 for number in re.findall(r"(\d+):[\d.]+", texts["memory_lookup"])}
    lexicon = OpenLexicon()
    return {word for text in WORDS for word in lexemes(text) if lexicon.dimension("", word) in stored}


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
            options = {STRATEGY: strategy, ASKED_AT: now.isoformat()}
            pair = [await store.asearch(ANA, query=QUESTIONS[3], filter=options) for store in (plain, sealed)]
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


async def test_a_destroyed_key_leaves_nothing_to_read(house: House) -> None:
    store = house.store()
    for namespace in (ANA, (*ANA, "facts"), BOB):
        await store.aput(namespace, "k", {"text": "green tea", "n": 1})
    backup = dump(house.address)
    counts = await store.destroy(ANA)
    assert counts["memory_keys"] == 1
    assert counts["memory_items"] == counts["memory_vectors"] == counts["memory_lookup"] == 2
    for table in tables(house.address):
        if table not in ("memory_migrations", "memory_spaces"):
            assert house.rows(f"SELECT count(*) FROM {table} WHERE owner = 'users.ana'") == [(0,)]
    assert await store.aget(ANA, "k") is None
    assert await store.asearch(ANA, query="tea", filter={STRATEGY: "hybrid"}) == []
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


async def test_filters_that_need_the_value_are_bounded_and_exact(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encrypted, "MAX_OPENED", 30)
    store = house.store()
    await store.abatch(
        [PutOp(ANA, f"k{n}", {"text": f"tea w{n}", "n": n, "in": {"a": n % 3}}) for n in range(30)]
    )
    for query in (None, "tea"):
        pages = [
            await store.asearch(ANA, query=query, filter={"n": {"$gte": 7}}, limit=5, offset=at)
            for at in range(0, 30, 5)
        ]
        keys = [item.key for page in pages for item in page]
        assert sorted(keys) == sorted(f"k{n}" for n in range(7, 30))
    assert len(await store.asearch((), filter={"in.a": 0}, limit=50)) == 10
    await store.aput(ANA, "more", {"text": "tea"})
    with pytest.raises(ValueError, match="more than 30 sealed memories"):
        await store.asearch(ANA, filter={"n": {"$gt": 7}})
    assert len(await store.asearch(ANA, filter={"n": 7})) == 1
    for prefix, wanted in ((ANA, {"n": {"$gt": 7}}), (("users",), {})):
        with pytest.raises(ValueError, match="within one owner alone"):
            await store.asearch(prefix, query="tea", filter={STRATEGY: "hybrid", **wanted})


async def test_an_order_renews_what_it_gives_alone(house: House) -> None:
    store = house.store()
    for n in (1, 9):
        await store.aput(ANA, f"k{n}", {"text": "tea", "n": n}, ttl=5)
    before = dict(house.rows("SELECT key, expires_at FROM memory_items"))
    await store.abatch([SearchOp(ANA, filter={"n": {"$gt": 5}}, refresh_ttl=True)])
    after = dict(house.rows("SELECT key, expires_at FROM memory_items"))
    assert after["k1"] == before["k1"]
    assert after["k9"] > before["k9"]


async def test_a_value_too_large_to_seal_is_refused(house: House) -> None:
    store = house.store()
    await store.aput(ANA, "fits", {"text": "x" * 700_000})
    with pytest.raises(ValueError, match="when sealed; at most 1,000,000"):
        await store.aput(ANA, "k", {"text": "x" * 800_000})
    assert await store.aget(ANA, "k") is None


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


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, 1e20, 10**20, "", "a", "b", "1"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)
VALUES = st.dictionaries(st.sampled_from(["x", "y", "x.a", "x.0"]), JSON, max_size=3)
OPERATORS = st.one_of(
    st.dictionaries(st.sampled_from(["$eq", "$ne"]), JSON, min_size=1, max_size=2),
    st.dictionaries(st.sampled_from(["$in", "$nin"]), st.lists(JSON, max_size=3), min_size=1, max_size=1),
    st.dictionaries(
        st.sampled_from(["$gt", "$gte", "$lt", "$lte"]),
        st.integers(-3, 3) | st.sampled_from([0.5, "", "a", "1"]),
        min_size=1,
        max_size=2,
    ),
    st.fixed_dictionaries({"$exists": st.booleans()}),
)
FILTERS = st.dictionaries(
    st.sampled_from(["x", "y", "x.a", "x.0", "x.-1", "x.a.b", "x.."]),
    JSON | OPERATORS,
    min_size=1,
    max_size=2,
)


def test_any_filter_finds_what_it_finds_in_the_open(postgres_address: str) -> None:
    address = create_database(postgres_address)

    async def open_both(stack: AsyncExitStack) -> tuple[PostgresStore, EncryptedStore]:
        pool = await stack.enter_async_context(open_pool(address, max_size=2, timeout_s=20, name="filters"))
        house = House(pool, address)
        store = house.store()
        await store.setup()
        return PostgresStore(pool, index(HashedWords())), store

    async def agree(plain: BaseStore, sealed: BaseStore, values: list[Any], wanted: list[Any]) -> None:
        for store, owner in ((plain, ("open", "o")), (sealed, ("sealed", "s"))):
            for item in await store.asearch(owner, limit=100):
                await store.adelete(owner, item.key)
            await store.abatch([PutOp(owner, str(n), value, index=False) for n, value in enumerate(values)])
        for each in wanted:
            found = [
                {item.key for item in await store.asearch(owner, filter=each, limit=100)}
                for store, owner in ((plain, ("open", "o")), (sealed, ("sealed", "s")))
            ]
            assert found[0] == found[1], (values, each)

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        plain, sealed = runner.run(open_both(stack))

        @rules(
            max_examples=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(st.lists(VALUES, min_size=3, max_size=6), st.lists(FILTERS, min_size=8, max_size=12))
        def check(values: list[Any], wanted: list[Any]) -> None:
            runner.run(agree(plain, sealed, values, wanted))

        try:
            check()
        finally:
            runner.run(stack.aclose())
            drop_database(postgres_address, address)

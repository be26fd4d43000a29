"""An encrypted store on a database of its own, and dumps of one."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import redis
from langgraph.store.base import BaseStore

from config.settings import Settings
from graphs.ingest import ingest, turns_of
from memory.lifecycle.turns.transcripts import Line, thread_id
from memory.long_term.factory import embeddings_from
from memory.long_term.language.lexemes import OpenLexicon, lexemes
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.long_term.wrappers.keyed_lexicon import KeyedLexicon
from memory.long_term.wrappers.master_keys import MasterKeys
from memory.long_term.wrappers.owner_keys import OwnerKeys
from memory.postgres.pool import Pool, open_pool
from tests.contract.store.embedding import HashedWords
from tests.contract.store.places import create_database, index
from tests.services.postgres import drop_database

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


def kept_in(address: str) -> dict[str, str]:
    """Every entry of the cache in a Redis, by its key."""
    with redis.Redis.from_url(address) as client:
        keys = list(client.scan_iter("mnemograph:cache:*:e:*"))
        return {key.decode(): (client.get(key) or b"").decode() for key in keys}


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

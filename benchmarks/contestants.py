"""Who is measured: our store, LangGraph's own as it can be set up, and a floor written by hand in SQL."""

import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

import psycopg
from langgraph.store.base import BaseStore
from langgraph.store.postgres import AsyncPostgresStore, PoolConfig
from pgvector import HalfVector
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection

from benchmarks.synthetic import DIMS, Corpus, Question, Ready
from config.settings import load_settings
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.ranking.signs import bits_of
from memory.postgres.address import postgres_address
from memory.postgres.pool import open_pool

BATCH: Final = 500
CONNECTIONS: Final = 16
LIMIT: Final = 10
STOCK: Final = "stock"
FLAT: Final = "stock_flat"
ITERATIVE: Final = "hnsw.iterative_scan=relaxed_order"

FLOOR_TABLE: Final = f"""
    CREATE TABLE bench_floor (
        owner text COLLATE "C" NOT NULL, id bigint NOT NULL, value jsonb NOT NULL, bits bit({DIMS}) NOT NULL,
        embedding halfvec({DIMS}) NOT NULL, PRIMARY KEY (owner, id)
    )
"""
FLOOR_INDEX: Final = "CREATE INDEX bench_floor_near ON bench_floor (owner) INCLUDE (id, bits)"
# + 0 keeps an index of another kind from being looked for; the inner part reads the index alone.
FLOOR_SEARCH: Final = f"""
    WITH near AS MATERIALIZED (
        SELECT id FROM bench_floor WHERE owner = %(owner)s ORDER BY (bits <~> %(bits)s::bit({DIMS})) + 0 LIMIT 200
    )
    SELECT f.id, f.value, 1 - (f.embedding <=> %(vector)s::halfvec) AS score
    FROM near JOIN bench_floor f ON f.owner = %(owner)s AND f.id = near.id
    ORDER BY f.embedding <=> %(vector)s::halfvec LIMIT {LIMIT}
"""
FLOOR_PUT: Final = """
    INSERT INTO bench_floor (owner, id, value, bits, embedding) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (owner, id) DO UPDATE SET value = excluded.value, bits = excluded.bits, embedding = excluded.embedding
"""


def say(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


class Contestant(Protocol):
    """Searches; returns the message ids of what it found, best first."""

    async def search(self, question: Question) -> list[str]: ...


class Stored:
    """A BaseStore, asked with or without a strategy."""

    def __init__(self, store: BaseStore, corpus: Corpus, strategy: str | None = None) -> None:
        self.store, self._corpus = store, corpus
        self._filter = {"$strategy": strategy} if strategy else None

    async def search(self, question: Question) -> list[str]:
        found = await self.store.asearch(
            self._corpus.namespace(question.owner), query=question.text, filter=self._filter, limit=LIMIT
        )
        return [item.value["provenance"]["message_ids"][0] for item in found]


class Floor:
    """One prepared statement on one plain connection."""

    def __init__(self, conn: AsyncConnection[Any], corpus: Corpus) -> None:
        self.conn, self._corpus = conn, corpus

    async def search(self, question: Question) -> list[str]:
        given = {
            "owner": self._corpus.user(question.owner),
            "bits": bits_of(question.vector),
            "vector": HalfVector(question.vector),
        }
        cursor = await self.conn.execute(FLOOR_SEARCH, given, prepare=True, binary=True)
        return [row[1]["provenance"]["message_ids"][0] for row in await cursor.fetchall()]

    async def put(self, owner: int, number: int, value: dict[str, Any]) -> None:
        vector = self._corpus.vectors[number % self._corpus.distinct]
        given = (
            self._corpus.user(owner),
            number,
            json.dumps(value),
            bits_of(vector),
            HalfVector(vector),
        )
        await self.conn.execute(FLOOR_PUT, given, prepare=True)


@asynccontextmanager
async def fresh_postgres() -> AsyncIterator[str]:
    """The address of an embedded server of our own, as the product runs it, gone with the block."""
    with tempfile.TemporaryDirectory(prefix="mnemograph-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        async with postgres_address(load_settings(data_dir=Path(folder) / "data", profile="test")) as address:
            yield address


@asynccontextmanager
async def our_store(address: str, embeddings: Any) -> AsyncIterator[PostgresStore]:
    async with open_pool(address, max_size=CONNECTIONS, timeout_s=10, name="bench-ours") as pool:
        store = PostgresStore(pool, {"dims": DIMS, "embed": embeddings, "fields": ["text"]})
        await store.setup()
        yield store


@asynccontextmanager
async def stock_store(
    address: str, embeddings: Any, *, schema: str = STOCK, options: str = ""
) -> AsyncIterator[AsyncPostgresStore]:
    """LangGraph's store, set up as it is by default, in a schema of its own; a pool as large as ours."""
    async with await plain(address) as conn:
        await conn.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    asked = f"-c search_path={schema},public" + (f" -c {options}" if options else "")
    index: Any = {"dims": DIMS, "embed": embeddings, "fields": ["text"]}
    async with AsyncPostgresStore.from_conn_string(
        f"{address}&options={quote(asked)}",
        pool_config=PoolConfig(min_size=1, max_size=CONNECTIONS),
        index=index,
    ) as store:
        await store.setup()
        yield store


async def plain(address: str) -> AsyncConnection[Any]:
    """A connection of its own that knows vectors."""
    conn = await AsyncConnection.connect(address, autocommit=True)
    await register_vector_async(conn)
    return conn


@asynccontextmanager
async def floor(address: str, corpus: Corpus) -> AsyncIterator[Floor]:
    async with await plain(address) as conn:
        yield Floor(conn, corpus)


async def fill_ours(store: BaseStore, corpus: Corpus, ready: Ready, numbers: range) -> float:
    """Through abatch, 500 at a time; items a second, making them not counted."""
    spent = 0.0
    for start in range(numbers.start, numbers.stop, BATCH):
        some = range(start, min(start + BATCH, numbers.stop))
        ops = [ready.know(op, number, corpus) for number, op in zip(some, corpus.puts(some), strict=True)]
        begun = time.perf_counter()
        await store.abatch(ops)
        spent += time.perf_counter() - begun
        if (start - numbers.start) % 20_000 == 0:
            say(f"  ours: {some.stop:,} of {numbers.stop:,}, {spent:.0f} s")
    return len(numbers) / spent


async def drop_ann_index(conn: AsyncConnection[Any], schema: str) -> str | None:
    """Take the stock store's vector index off; returns the statement that makes it again."""
    index = f"{schema}.store_vectors_embedding_idx"
    row = await (await conn.execute("SELECT pg_get_indexdef(to_regclass(%s))", (index,))).fetchone()
    await conn.execute(f"DROP INDEX IF EXISTS {index}")
    return str(row[0]) if row and row[0] else None


async def fill_stock(conn: AsyncConnection[Any], corpus: Corpus, schema: str) -> None:
    """By COPY into its tables, which holds what its own abatch writes; an HNSW index is taken off before."""
    made = await drop_ann_index(conn, schema)
    async with conn.cursor() as cursor:
        async with cursor.copy(f"COPY {schema}.store (prefix, key, value) FROM STDIN") as copy:
            for op in corpus.puts(range(corpus.size)):
                await copy.write_row((".".join(op.namespace), op.key, json.dumps(op.value)))
        async with cursor.copy(
            f"COPY {schema}.store_vectors (prefix, key, field_name, embedding) FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["text", "text", "text", "vector"])
            for number, op in enumerate(corpus.puts(range(corpus.size))):
                vector = corpus.vectors[number % corpus.distinct]
                await copy.write_row((".".join(op.namespace), op.key, "text", vector))
    # Its own kind "flat" cannot be set up, so that there the index of the default is left off.
    if made and schema != FLAT:
        say("  stock: building its HNSW index")
        await conn.execute("SET maintenance_work_mem = '1GB'")
        await conn.execute(made)


async def fill_floor(conn: AsyncConnection[Any], corpus: Corpus) -> None:
    await conn.execute(FLOOR_TABLE)
    async with conn.cursor() as cursor, cursor.copy("COPY bench_floor FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["text", "int8", "jsonb", "bit", "halfvec"])
        for number, op in enumerate(corpus.puts(range(corpus.size))):
            vector = corpus.vectors[number % corpus.distinct]
            row = (
                corpus.user(number // corpus.each),
                number,
                psycopg.types.json.Jsonb(op.value),
                bits_of(vector),
                HalfVector(vector),
            )
            await copy.write_row(row)
    await conn.execute(FLOOR_INDEX)


async def settle(address: str) -> None:
    """VACUUM ANALYZE and a checkpoint's worth of quiet: index-only scans need the first."""
    async with await plain(address) as conn:
        await conn.execute("VACUUM ANALYZE")


async def bytes_of(conn: AsyncConnection[Any], pattern: str, schema: str = "public") -> int:
    """On disk, indexes and TOAST included, of the tables so named."""
    row = await (
        await conn.execute(
            "SELECT COALESCE(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind = 'r' AND c.relname LIKE %s AND n.nspname = %s",
            (pattern, schema),
        )
    ).fetchone()
    return int(row[0]) if row else 0


@asynccontextmanager
async def all_contestants(address: str, corpus: Corpus, ready: Any) -> AsyncIterator[dict[str, Contestant]]:
    """Everybody over the same memories; call after the tables are filled."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        ours = await enter(our_store(address, ready))
        yield {
            "floor": await enter(floor(address, corpus)),
            "ours, vector": Stored(ours, corpus),
            "ours, hybrid": Stored(ours, corpus, "hybrid"),
            "stock, HNSW": Stored(await enter(stock_store(address, ready)), corpus),
            "stock, HNSW iterative": Stored(
                await enter(stock_store(address, ready, options=ITERATIVE)), corpus
            ),
            "stock, flat": Stored(await enter(stock_store(address, ready, schema=FLAT)), corpus),
        }


async def fill_all(address: str, corpus: Corpus, ready: Ready) -> dict[str, float]:
    """Everybody's tables; how many memories a second ours took."""
    async with our_store(address, ready) as ours:
        rate = await fill_ours(ours, corpus, ready, range(corpus.size))
    for schema in (STOCK, FLAT):
        say(f"  {schema}: copying")
        async with stock_store(address, ready, schema=schema), await plain(address) as conn:
            await fill_stock(conn, corpus, schema)
    say("  floor: copying")
    async with await plain(address) as conn:
        await fill_floor(conn, corpus)
    await settle(address)
    return {"ours_written_a_second": round(rate)}


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

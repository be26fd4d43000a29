"""Changing the embedding model: every memory is embedded anew beside its old vectors, which serve until all are.

What is done is known from the rows themselves: a memory that has vectors in the new space needs none. A running
store that writes a memory deletes its vectors of every space, and so hands it back to be done. At the end, writers
wait for a moment while what is left is done, and the new space serves. From then on a store that has the old model
loaded finds by the old vectors and has its writes refused (see statements.writes); `forget_others` deletes them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, LiteralString

import psycopg
from langchain_core.embeddings import Embeddings
from langgraph.store.base import Item, PutOp
from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from config.errors import UserError
from memory.long_term.ranking.document import Document, document_of
from memory.long_term.ranking.signs import bits_of
from memory.long_term.ranking.spaces import LOOK_S, Model, Space, activate, space_of, spaces
from memory.long_term.rows.isolation import EVERYBODY, IN_ORDER, enter
from memory.long_term.rows.places import namespace_of
from memory.long_term.statements.writes import vector_of
from memory.postgres.pool import Pool

log = logging.getLogger(__name__)

BATCH: Final = 64
LAST: Final = 32
"""As many memories may be embedded while writers wait: one call of a model."""
LOCK_TRIES: Final = 60

Heard = Callable[[int], None]
Describe = Callable[[Sequence[Item]], Awaitable[Sequence[Document | None]]]
"""The documents of items whose writer described them (memory.long_term.ranking.document.Described)."""

_MISSING: LiteralString = """
    FROM memory_lookup l JOIN memory_items m USING (owner, id)
    WHERE (l.expires_at IS NULL OR l.expires_at > now()) AND NOT EXISTS (
        SELECT FROM memory_vectors v
        WHERE v.owner = l.owner AND v.space = %(space)s AND v.path = l.path AND v.id = l.id
    )
"""
_COUNT: LiteralString = f"""
    SELECT count(*) AS memories, count(*) FILTER (WHERE l.fields = '{{}}') AS described {_MISSING}
"""
_PAGE: LiteralString = f"""
    SELECT m.owner, m.path, m.key, m.id, m.version, m.value, m.created_at, m.updated_at, l.fields {_MISSING}
    AND (l.owner, l.id) > (%(owner)s, %(id)s) ORDER BY l.owner, l.id LIMIT %(limit)s
"""
# What was written since it was read is left for another pass. A statement of its own: the next one then sees
# what the writers that this one waited for have left.
_HOLD: LiteralString = """
    SELECT m.owner, m.id FROM memory_items m
    JOIN unnest(%(owners)s::text[], %(paths)s::text[], %(keys)s::text[], %(versions)s::bigint[])
        AS given(owner, path, key, version) USING (owner, path, key, version)
    ORDER BY m.owner, m.path, m.key FOR UPDATE OF m
"""
_ADD: LiteralString = """
    INSERT INTO memory_vectors (owner, id, expires_at, space, lane, view, path, bits, embedding)
    SELECT m.owner, m.id, m.expires_at, %(space)s, given.lane, given.view, m.path, given.bits, given.embedding
    FROM unnest(%(owners)s::text[], %(ids)s::bigint[], %(lanes)s::smallint[], %(views)s::smallint[],
        %(bits)s::varbit[], %(vectors)s::halfvec[]) AS given(owner, id, lane, view, bits, embedding)
    JOIN memory_items m ON m.owner = given.owner AND m.id = given.id
    WHERE NOT EXISTS (
        SELECT FROM memory_vectors v
        WHERE v.owner = m.owner AND v.space = %(space)s AND v.path = m.path AND v.id = m.id
    )
"""
_FORGET: LiteralString = """
    DELETE FROM memory_vectors v USING (
        SELECT tableoid, ctid FROM memory_vectors WHERE space NOT IN (SELECT id FROM memory_spaces) LIMIT 2000
    ) old WHERE v.tableoid = old.tableoid AND v.ctid = old.ctid
"""


def unheard(_: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Result:
    """The space that serves now, and how many memories were embedded for it by this call."""

    space: Space
    memories: int


async def reembed(
    pool: Pool,
    embeddings: Embeddings,
    *,
    model: str,
    dims: int,
    fields: Sequence[str],
    describe: Describe | None = None,
    on_total: Heard = unheard,
    on_done: Heard = unheard,
) -> Result:
    """Give every memory this model's vectors, then let them serve. Ended half-way, it goes on when called again.

    `on_total` hears how many memories wait, `on_done` how many more were looked at. Raises UserError where documents
    came from a writer and `describe` is not given, and whatever the model raises.
    """
    space = await space_of(pool, Model(model, dims, embeddings))
    run = _Run(pool, embeddings, space, _Reader(fields, describe), on_done)
    on_total(await run.count())
    done = await run.everything()
    while True:
        last = await run.finish()
        if last is not None:
            return Result(replace(space, active=True), done + last)
        done += await run.everything()


async def forget_others(pool: Pool, grace_s: float = 2 * LOOK_S) -> list[Space]:
    """Delete the vectors of every space that does not serve; returns those spaces.

    First their names go; every running store looks for its own within LOOK_S, and then refuses to search by vectors
    that are about to go. `grace_s` later they go, in small batches.
    """
    found = await spaces(pool)
    old = [space for space in found if not space.active]
    if old:
        async with pool.connection() as conn:
            await conn.execute(
                "DELETE FROM memory_spaces WHERE NOT active AND id = ANY(%s)", ([s.id for s in old],)
            )
        await asyncio.sleep(grace_s)
    while found:
        async with pool.connection() as conn, conn.transaction():
            await enter(conn, EVERYBODY, "none")
            if (await conn.execute(_FORGET)).rowcount == 0:
                break
    return old


async def embedded(embeddings: Embeddings, documents: Sequence[Document], dims: int) -> list[list[Any]]:
    """The vectors of each document's views, all in one call. Raises ValueError on one that is of no use."""
    texts = list(dict.fromkeys(view for document in documents for view in document.views))
    found = await embeddings.aembed_documents(texts) if texts else []
    vectors = dict(zip(texts, (vector_of(each, dims) for each in found), strict=True))
    return [[vectors[view] for view in document.views] for document in documents]


@dataclass(frozen=True)
class _Reader:
    """Reads memories' documents from their rows."""

    fields: Sequence[str]
    describe: Describe | None

    async def documents(self, rows: Sequence[DictRow]) -> list[Document]:
        """One without views where a change of the rules left nothing to be found by."""
        described = [row for row in rows if row["fields"] == []]
        made: Sequence[Document | None] = []
        if described and self.describe is not None:
            made = await self.describe([_item(row) for row in described])
        theirs = {
            (row["owner"], row["id"]): document for row, document in zip(described, made, strict=bool(made))
        }
        found = [
            theirs.get((row["owner"], row["id"])) if row["fields"] == [] else self._ours(row) for row in rows
        ]
        return [document or Document(views=(), words=()) for document in found]

    def _ours(self, row: DictRow) -> Document | None:
        namespace = namespace_of(row["owner"], row["path"])
        return document_of(PutOp(namespace, row["key"], row["value"], index=row["fields"]), self.fields)


def _item(row: DictRow) -> Item:
    return Item(
        namespace=namespace_of(row["owner"], row["path"]),
        key=row["key"],
        value=row["value"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


@dataclass(frozen=True)
class _Run:
    pool: Pool
    embeddings: Embeddings
    space: Space
    reader: _Reader
    on_done: Heard

    async def count(self) -> int:
        async with self.pool.connection() as conn, conn.transaction():
            await enter(conn, EVERYBODY, "none")
            row = await (await conn.execute(_COUNT, {"space": self.space.id})).fetchone()
        if row and row["described"] and self.reader.describe is None:
            raise UserError(
                f"{row['described']} memories were written by a store that describes them itself, as the encrypted one "
                "does: embed them anew through that store."
            )
        return int(row["memories"]) if row else 0

    async def everything(self) -> int:
        """One pass over what lacks vectors; no connection waits for the model."""
        done, after = 0, ("", 0)
        while True:
            async with self.pool.connection() as conn, conn.transaction():
                await enter(conn, EVERYBODY, "none")
                page = await self._page(conn, after, BATCH)
            if not page:
                return done
            after = (page[-1]["owner"], page[-1]["id"])
            rows = await self._vectors(page, await self.reader.documents(page))
            async with self.pool.connection() as conn, conn.transaction():
                await enter(conn, EVERYBODY, "none")
                done += await self._add(conn, page, rows)
            self.on_done(len(page))

    async def finish(self) -> int | None:
        """Let the space serve, writers waiting meanwhile; None when more was left than they should wait for."""
        for _ in range(LOCK_TRIES):
            try:
                async with self.pool.connection() as conn, conn.transaction():
                    await enter(conn, EVERYBODY, "none")
                    await conn.execute("SELECT set_config('lock_timeout', '2s', true)")
                    await conn.execute("LOCK TABLE memory_items IN SHARE ROW EXCLUSIVE MODE")
                    return await self._finish(conn)
            except psycopg.errors.LockNotAvailable:
                log.info("waiting for writers")
        raise UserError(
            "The memories are embedded anew, but somebody else holds their table: run `mnemograph reembed` again, "
            "which only completes what is done."
        )

    async def _finish(self, conn: AsyncConnection[DictRow]) -> int | None:
        done, after = 0, ("", 0)
        while page := await self._page(conn, after, LAST):
            documents = await self.reader.documents(page)
            done += sum(bool(document.views) for document in documents)
            if done > LAST:
                return None
            await self._add(conn, page, await self._vectors(page, documents))
            after = (page[-1]["owner"], page[-1]["id"])
        await activate(conn, self.space)
        return done

    async def _page(
        self, conn: AsyncConnection[DictRow], after: tuple[str, int], limit: int
    ) -> list[DictRow]:
        await conn.execute(IN_ORDER)
        asked = {"space": self.space.id, "owner": after[0], "id": after[1], "limit": limit}
        return await (await conn.execute(_PAGE, asked)).fetchall()

    async def _vectors(
        self, page: Sequence[DictRow], documents: Sequence[Document]
    ) -> list[tuple[DictRow, Document, list[Any]]]:
        vectors = await embedded(self.embeddings, documents, self.space.dims)
        return list(zip(page, documents, vectors, strict=True))

    async def _add(
        self,
        conn: AsyncConnection[DictRow],
        page: Sequence[DictRow],
        rows: Sequence[tuple[DictRow, Document, list[Any]]],
    ) -> int:
        """Insert the vectors of those that are still as they were read; returns how many memories those are."""
        asked = {f"{name}s": [row[name] for row in page] for name in ("owner", "path", "key", "version")}
        held = {(row["owner"], row["id"]) for row in await (await conn.execute(_HOLD, asked)).fetchall()}
        kept = [each for each in rows if (each[0]["owner"], each[0]["id"]) in held]
        flat = [
            (row, document, view, vector)
            for row, document, vectors in kept
            for view, vector in enumerate(vectors)
        ]
        values: dict[str, Any] = {
            "space": self.space.id,
            "owners": [row["owner"] for row, _, _, _ in flat],
            "ids": [row["id"] for row, _, _, _ in flat],
            "lanes": [int(document.lane) for _, document, _, _ in flat],
            "views": [view for _, _, view, _ in flat],
            "bits": [bits_of(vector, self.space.centre) for _, _, _, vector in flat],
            "vectors": [HalfVector(vector) for _, _, _, vector in flat],
        }
        await conn.cursor(binary=True).execute(_ADD, values)
        return sum(bool(vectors) for _, _, vectors in kept)

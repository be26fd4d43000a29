"""A put upon a version is one call: on a connection that is there, and with a clear answer where it may not be."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from langgraph.store.base import PutOp

from memory.lifecycle.learning.remember import remember
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.lifecycle.turns.extraction import Extraction
from memory.long_term.statements.operations import PutIf
from memory.long_term.statements.writes import ConflictError
from memory.postgres import pool
from tests.contract.store.embedding import HashedWords
from tests.services.long_term import opened

ANA = ("users", "ana")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def test_a_connection_that_was_lost_unnoticed_costs_no_conditional_put(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend that ended without a word was trusted, as one that had answered a moment ago."""
    async with opened(database, max_size=2) as store:
        await store.aput(ANA, "k", {"text": "one"})
        monkeypatch.setattr(pool, "_has_news", lambda connection: False)
        item: Any = await store.aget(ANA, "k")
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await store.abatch([PutIf(PutOp(ANA, "k", {"text": "two"}), item.version)])
        found = await store.aget(ANA, "k")
        assert found is not None
        assert found.value == {"text": "two"}


async def test_of_several_conditions_one_that_fails_takes_all_back(database: str) -> None:
    async with opened(database) as store:
        await store.abatch([PutOp(ANA, key, {"n": 0}) for key in "ab"])
        item: Any = await store.aget(ANA, "a")
        ops = [PutIf(PutOp(ANA, "a", {"n": 1}), item.version), PutIf(PutOp(ANA, "b", {"n": 1}), 0)]
        with pytest.raises(
            ConflictError, match="One of 2 memories was changed by somebody else: read it again"
        ):
            await store.abatch(ops)
        assert [each.value for each in await store.asearch(ANA)] == [{"n": 0}, {"n": 0}]


@pytest.mark.parametrize("version", [2**63 - 1, 2**63, 2**80, -1, -(2**80)])
async def test_a_version_that_cannot_be_is_a_conflict(database: str, version: int) -> None:
    async with opened(database) as store:
        await store.aput(ANA, "k", {"n": 0})
        with pytest.raises(ConflictError):
            await store.abatch([PutIf(PutOp(ANA, "k", {"n": 1}), version)])


class Away(HashedWords):
    """Embeddings that can go away."""

    away = False

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.away:
            raise OSError("the embedding model is away")
        return await super().aembed_documents(texts)


async def test_a_turn_that_is_remembered_needs_no_embedding_model_to_know_it(database: str) -> None:
    async def nothing(document: dict[str, Any]) -> Extraction:
        return Extraction(summary="Tea.", facts=[])

    embeddings = Away()
    turns = [Evidence("t", (Said("m", "user", "I like tea.", NOON),))]
    async with opened(database, embeddings) as store:
        await remember(store, "ana", turns, nothing, now=NOON, max_facts=5)
        embeddings.away = True
        assert (await remember(store, "ana", turns, nothing, now=NOON, max_facts=5)).already == 1
        later = [Evidence("t", (Said("n", "user", "I like coffee.", NOON),))]
        with pytest.raises(OSError, match="is away"):
            await remember(store, "ana", later, nothing, now=NOON, max_facts=5)

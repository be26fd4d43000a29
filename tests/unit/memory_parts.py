"""Small parts that the tests of memory share: evidence, a store that counts, an embedding without a model."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore, Op, PutOp, Result
from langgraph.store.memory import InMemoryStore

from memory.lifecycle.learning.build import episodes, semantic
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.lifecycle.turns.extraction import Extraction, Fact
from memory.namespaces import owner_namespace
from memory.schema import Memory
from tests.services.vectors import unit

DIMS = 64
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 1, 9, tzinfo=UTC)
THREAD = "11111111-1111-4111-8111-111111111111"
ME = "alice"


class WordHashes(Embeddings):
    """Texts that share words are near each other; the same text always has the same vector."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        words = re.findall(r"\w+", text.casefold())
        return unit(Counter(hashlib.sha256(word.encode()).digest()[0] % DIMS for word in words), DIMS)


class Watched(BaseStore):
    """A store that notes each batch, and can fail: a batch of writes stops after `fail_after` of them."""

    supports_ttl = True

    def __init__(self) -> None:
        self.inner = InMemoryStore(index={"dims": DIMS, "embed": WordHashes(), "fields": ["text"]})
        self.batches: list[list[Op]] = []
        self.fail_after: int | None = None

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        raise NotImplementedError("everything here is asynchronous")

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        given = list(ops)
        self.batches.append(given)
        if self.fail_after is not None and any(isinstance(op, PutOp) for op in given):
            await self.inner.abatch(given[: self.fail_after])
            raise OSError("the database went away")
        return await self.inner.abatch(given)

    @property
    def writes(self) -> list[list[PutOp]]:
        """The batches that wrote."""
        puts = [[op for op in batch if isinstance(op, PutOp)] for batch in self.batches]
        return [batch for batch in puts if batch]

    async def everything(self, user_id: str = ME) -> dict[str, dict[str, Any]]:
        """All values of a user by key, whatever their kind and status."""
        items = await self.inner.asearch(owner_namespace(user_id), limit=1_000)
        return {item.key: item.value for item in items}

    async def memories(self, user_id: str = ME) -> dict[str, Memory]:
        """All memories of a user by key; what was decided of a turn is none."""
        values = (await self.everything(user_id)).items()
        return {key: Memory.from_value(value) for key, value in values if "decisions" not in value}


def said(text: str, number: int = 1, role: Any = "user", name: str | None = None) -> Said:
    return Said(f"m{number}", role, text, NOON, name)


def turn(*messages: Said, thread: str = THREAD, **rest: Any) -> Evidence:
    return Evidence(thread, messages, **rest)


def fact(statement: str, quote: str, message_id: str = "m1", **rest: Any) -> Fact:
    given = {"category": "other", "importance": 0.5, **rest}
    return Fact(statement=statement, quote=quote, message_id=message_id, **given)


def extraction(*facts: Fact, summary: str = "They talked.") -> Extraction:
    return Extraction(summary=summary, facts=list(facts))


def learned(statement: str, number: int = 1, **update: Any) -> Memory:
    """A fact that the user's message of that number stated word for word."""
    message = said(statement, number)
    made = semantic(
        THREAD,
        message,
        fact(statement, statement, message.id),
        run_id=None,
        turn=f"{THREAD}:{message.id}",
        now=LATER,
    )
    return made.model_copy(update=update)


def told(text: str, number: int = 1, **update: Any) -> Memory:
    """What the user said in the message of that number."""
    return episodes(turn(said(text, number)), "", LATER)[0].model_copy(update=update)

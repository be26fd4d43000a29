"""The facts of a turn are embedded while what they may change is looked for, by a model that runs here."""

from datetime import UTC, datetime
from typing import Any

import pytest

from memory.lifecycle.learning.remember import remember
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.lifecycle.turns.extraction import Extraction, Fact
from memory.long_term.wrappers.batched import BatchedStore
from tests.contract.store.embedding import HashedWords
from tests.services.long_term import opened

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SAID = "I have a kayak and I hate olives."
FACTS = ["The user has a kayak.", "The user hates olives."]


class Here(HashedWords):
    """Keeps what it was asked, call by call."""

    def __init__(self, *, is_local: bool) -> None:
        super().__init__()
        self.is_local = is_local
        self.calls: list[list[str]] = []

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        self.calls.append(texts)
        return await super().aembed_documents(texts)


async def learn(document: dict[str, Any]) -> Extraction:
    message = document["messages"][0]["id"]
    facts = [
        Fact(statement=text, category="other", importance=0.5, quote=SAID, message_id=message)
        for text in FACTS
    ]
    return Extraction(summary="", facts=facts)


@pytest.mark.parametrize("is_local", [True, False], ids=["here", "elsewhere"])
async def test_a_remote_model_is_asked_once_for_what_a_turn_taught(database: str, is_local: bool) -> None:
    model = Here(is_local=is_local)
    async with opened(database, model) as store:
        said = Said("m1", "user", SAID, NOW)
        model.calls.clear()
        async with BatchedStore(store) as wrapped:
            result = await remember(wrapped, "ana", [Evidence("t", (said,))], learn, now=NOW, max_facts=9)
    assert [each.text for each in result.memories[:2]] == FACTS
    near, *rest = model.calls
    assert len(near) == 1
    if is_local:
        ahead, written = rest
        assert ahead == FACTS
    else:
        [written] = rest
    assert set(FACTS) < set(written)

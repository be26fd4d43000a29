"""R26: tenants of every size among others whose memories lie nearer: all the rows asked for, and the right ones."""

from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from langgraph.store.base import PutOp

from tests.contract.store.embedding import DIMS
from tests.services.long_term import opened

SIZES = (1, 7, 60, 400, 1_500)
QUERIES = 30


class Numbered(Embeddings):
    """The text "7 3" has the vector 3 of the tenant 7; vectors of one number are near each other, as subjects are.

    `cone`: how far all of them lie into one direction, as with many models. Other texts have directions of their own.
    """

    def __init__(self, cone: float) -> None:
        self.common = cone * np.random.default_rng(0).normal(size=DIMS)

    def embed_query(self, text: str) -> Any:
        tenant, number = (
            (int(part) for part in text.split())
            if text[0].isdigit()
            else (1, int.from_bytes(text.encode()[:6]))
        )
        subject = np.random.default_rng(number % 40 if number < 10_000 else number).normal(size=DIMS)
        vector = self.common + subject + np.random.default_rng([tenant, number]).normal(size=DIMS)
        return vector / np.linalg.norm(vector)

    def embed_documents(self, texts: list[str]) -> list[Any]:
        return [self.embed_query(text) for text in texts]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("cone", [0.0, 8.0])
async def test_r26_every_tenant_gets_its_own_nearest_whatever_lies_nearer(database: str, cone: float) -> None:
    model = Numbered(cone)
    async with opened(database, model) as store:
        vectors: dict[int, Any] = {}
        for size in SIZES:
            texts = [f"{size} {number}" for number in range(size)]
            vectors[size] = np.array(model.embed_documents(texts))
            for start in range(0, size, 500):
                some = texts[start : start + 500]
                await store.abatch([PutOp(("users", f"t{size}"), text, {"text": text}) for text in some])
        for size in SIZES:
            hits, wanted = 0, 0
            for number in range(QUERIES):
                text = f"9999 {number}"
                near = np.argsort(-(vectors[size] @ model.embed_query(text)))[:10]
                for limit in (1, 10, 50):
                    found = await store.asearch(("users", f"t{size}"), query=text, limit=limit)
                    assert len(found) == min(limit, size)
                    assert {item.namespace for item in found} == {("users", f"t{size}")}
                    scores = [item.score for item in found]
                    assert scores == sorted(scores, key=lambda score: -(score or 0.0))
                    if limit == 10:
                        hits += len({item.key for item in found} & {f"{size} {n}" for n in near})
                        wanted += len(near)
            assert hits / wanted >= 0.95, f"{hits} of {wanted} at {size} memories"

"""What of a value is searched."""

from typing import Any

import pytest
from langgraph.store.base import PutOp

from memory.long_term.ranking.document import document_of

SAID_AT = "2026-03-02T12:00:00Z"


def episode(**more: Any) -> dict[str, Any]:
    came = {"thread_id": "t", "source": "user", "speaker": "Ana", "said_at": SAID_AT}
    return {"kind": "episodic", "text": "[2026-03-02] Ana: I have a kayak.", "provenance": came, **more}


@pytest.mark.parametrize("more", [{}, {"views": "all"}, {"detail": ""}, {"detail": "I have a kayak."}])
def test_an_episode_is_embedded_without_its_headline_whoever_wrote_it(more: dict[str, Any]) -> None:
    found = document_of(PutOp(("users", "ana", "episodic"), "k", episode(**more)), ["text"])
    assert found is not None
    assert found.views == ["I have a kayak."]

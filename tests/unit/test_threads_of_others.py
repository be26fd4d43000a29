"""A thread that the checkpointer knows and the server does not: whose it is, and what is said while nobody can tell."""

from typing import Any, NoReturn

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver
from langgraph_sdk import Auth

from memory.serving import serving
from memory.short_term.threads import OWNER
from memory.short_term.whose import is_anothers
from server import auth

THREAD = "5f2c0a5e-0000-4000-8000-000000000001"


async def saver_with(*told: dict[str, Any]) -> InMemorySaver:
    saver = InMemorySaver()
    config: Any = {"configurable": {"thread_id": THREAD, "checkpoint_ns": ""}}
    for metadata in told:
        config = await saver.aput(config, empty_checkpoint(), metadata, {})  # type: ignore[arg-type]
    return saver


@pytest.mark.parametrize(
    ("told", "anothers"),
    [
        ([], False),
        ([{"source": "loop", OWNER: "ana"}], False),
        ([{"source": "loop", OWNER: "bob"}], True),
        ([{"source": "loop", OWNER: "bob", "user_id": "ana"}], True),
        ([{"source": "loop", "user_id": "ana"}], False),
        ([{"source": "loop", OWNER: "bob"}, {"source": "update", OWNER: "ana"}], True),
        ([{"source": "update"}], True),
    ],
)
async def test_the_newest_run_says_whose_it_is(told: list[dict[str, Any]], anothers: bool) -> None:
    assert await is_anothers(await saver_with(*told), THREAD, "ana") is anothers


async def test_a_checkpointer_that_is_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(InMemorySaver):
        def alist(self, *_: Any, **__: Any) -> NoReturn:
            raise ConnectionError("refused")

    monkeypatch.setattr(serving, "checkpointer", Away())
    with pytest.raises(Auth.exceptions.HTTPException) as refused:
        await auth._refuse_anothers("ana", THREAD, 409)
    assert (refused.value.status_code, refused.value.detail) == (503, auth.AWAY)

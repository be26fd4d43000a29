"""Which memories a reply used, told by their words, and noted once with its turn."""

from datetime import timedelta

import pytest
from langgraph.store.base import PutOp

from memory.lifecycle.learning.remember import remember
from memory.lifecycle.reading.decay import Use
from memory.lifecycle.reading.uses import KEY, MAX_KEPT, noted, used_in, uses_namespace, uses_of
from tests.unit.memory_parts import LATER, ME, NOON, Watched, extraction, said, turn

PORTO = ("porto", "The user lives in Porto.")
OLIVES = ("olives", "The user hates olives.")
CATS = ("cats", "The user has 9 cats.")


@pytest.mark.parametrize(
    ("reply", "question", "used"),
    [
        ("You live in Porto.", "Where do I live?", ["porto"]),
        ("Porto has good bakeries.", "Where shall I eat?", ["porto"]),
        ("You live in Porto.", "Do I live in Porto?", []),
        ("You have 9 of them.", "How many pets are mine?", ["cats"]),
        ("I do not know.", "Where do I live?", []),
        ("Salad, but without olives, since you hate them.", "What shall I eat?", ["olives"]),
        ("People hate rain.", "What is new?", []),
    ],
)
def test_a_reply_used_what_it_says_and_the_question_did_not(
    reply: str, question: str, used: list[str]
) -> None:
    assert used_in(reply, question, [PORTO, OLIVES, CATS]) == used


def test_a_name_that_they_all_share_tells_none_of_them() -> None:
    told = [(str(n), f"[2026-05-0{n}] Ana: I saw {what}.") for n, what in enumerate(("a film", "snow"), 1)]
    told += [("3", "[2026-05-03] Ana: I bought shoes."), ("4", "[2026-05-04] Ana: I met Rui.")]
    assert used_in("Hello, Ana! In 2026 you met Rui.", "Hi", told) == ["4"]


def test_an_echo_after_what_it_repeats_was_not_needed() -> None:
    echo = ("echo", "[2026-05-03] Assistant: Noted: you live in Porto, and have 9 cats.")
    assert used_in("You live in Porto.", "Where do I live?", [PORTO, echo]) == ["porto"]
    assert used_in("In Porto, with your 9.", "Where do I live?", [PORTO, echo]) == ["porto", "echo"]


def test_the_latest_are_kept() -> None:
    kept = {str(n): Use(1, NOON + timedelta(minutes=n)) for n in range(MAX_KEPT)}
    more = noted(kept, ["5", "new"], LATER)
    assert len(more) == MAX_KEPT
    assert (more["5"], more["new"]) == (Use(2, LATER), Use(1, LATER))
    assert "0" not in more


async def _nothing(_: object) -> object:
    return extraction()


async def test_uses_are_noted_in_the_turns_own_batch_and_once() -> None:
    store = Watched()
    done = turn(said("Where do I live?"), said("In Porto.", 2, "assistant"), relied_on=("a", "b"))
    for _ in range(2):
        await remember(store, ME, [done], _nothing, now=LATER, max_facts=20)
    assert len(store.writes) == 1
    assert uses_namespace(ME) in [op.namespace for op in store.writes[0]]
    assert {name: use.count for name, use in (await uses_of(store, ME)).items()} == {"a": 1, "b": 1}


async def test_a_turn_that_used_nothing_notes_nothing() -> None:
    store = Watched()
    await remember(store, ME, [turn(said("Hello"))], _nothing, now=LATER, max_facts=20)
    assert uses_namespace(ME) not in [op.namespace for op in store.writes[0]]


@pytest.mark.parametrize("rows", ["many", {"many": "all"}, {"many": [1]}, {"many": ["1", "now"]}])
async def test_another_programs_value_counts_for_nothing(rows: object) -> None:
    store = Watched()
    await store.abatch([PutOp(uses_namespace(ME), KEY, {"uses": rows}, index=False)])
    assert dict(await uses_of(store, ME)) == {}

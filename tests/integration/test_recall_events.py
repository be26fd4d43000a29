"""Questions that give their time by an event ("before we moved"): the event's own memory knows when that was."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from langgraph.store.base import BaseStore, Op, Result, SearchOp

from config.settings import Settings
from graphs.ingest import ingest, turns_of
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.recalling.recalled import Recalled
from memory.lifecycle.turns.transcripts import Line, thread_id

ME = "dora@example.com"
LAST = datetime(2026, 9, 1, 9, tzinfo=UTC)
SAID = [
    ("2026-01-12", "I had lunch at the Cantina Verde with my colleagues, it was lovely."),
    ("2026-01-20", "I read a long novel by Saramago in the evenings."),
    ("2026-03-02", "We moved to Lisbon last Saturday, what a day."),
    ("2026-03-23", "I had lunch at the Casa Azul with my colleagues, it was lovely."),
    ("2026-04-13", "I started at Acme last Monday, as a baker."),
    ("2026-05-04", "I read a long novel by Pessoa in the evenings."),
    ("2026-06-15", "Our trip to Rome begins tomorrow and ends on Sunday."),
    ("2026-06-17", "We had a wonderful dinner of artichokes in a small street."),
    ("2026-07-20", "We had a wonderful dinner of sardines in a small street."),
    ("2026-08-03", "The wedding was on Saturday, my sister was so happy."),
    ("2026-08-10", "I bought a green dress for dancing."),
    ("2026-02-09", "I bought a yellow dress for dancing."),
]


class Counting(BaseStore):
    """Counts the searches."""

    def __init__(self, inner: BaseStore) -> None:
        self.inner, self.searches = inner, 0
        self.strategies = getattr(inner, "strategies", ())

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        raise NotImplementedError("everything here is asynchronous")

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        asked = list(ops)
        self.searches += any(isinstance(op, SearchOp) for op in asked)
        return await self.inner.abatch(asked)


@pytest.fixture
async def told(store: BaseStore, configured: Settings) -> Counting:
    """One person over eight months, a conversation a day, each answered with a word."""
    threads = {}
    for number, (date, text) in enumerate(SAID):
        at, thread = datetime.fromisoformat(f"{date}T18:00:00+00:00"), thread_id(date)
        threads[thread] = turns_of(
            [
                Line(thread, "user", text, at, None, f"m{number}"),
                Line(thread, "assistant", "I see.", at, None, f"a{number}"),
            ]
        )
    done = await ingest(store, ME, threads, configured)
    assert done.turns == len(SAID)
    return Counting(store)


async def asked(store: BaseStore, question: str) -> list[Recalled]:
    return await recall(store, ME, question, limit=6, now=LAST)


@pytest.mark.parametrize(
    ("question", "meant", "other"),
    [
        ("Where did I have lunch before we moved?", "Verde", "Azul"),
        ("Where did I have lunch after we moved?", "Azul", "Verde"),
        ("What novel did I read since I started at Acme?", "Pessoa", "Saramago"),
        ("What novel did I read before I started at Acme?", "Saramago", "Pessoa"),
        ("What was the wonderful dinner during our trip to Rome?", "artichokes", "sardines"),
        ("Which dress did I buy after the wedding?", "green", "yellow"),
    ],
)
async def test_what_was_then_comes_before_what_is_as_near_and_was_not(
    told: Counting, question: str, meant: str, other: str
) -> None:
    found = [item.text for item in await asked(told, question)]
    (place,) = [number for number, text in enumerate(found) if meant in text]
    assert all(place < number for number, text in enumerate(found) if other in text)
    assert told.searches == 2


@pytest.mark.parametrize(
    "event", ["before the earthquake", "since I became a pilot", "during our trip to Mars"]
)
async def test_an_event_never_heard_of_costs_one_search_and_changes_nothing(
    told: Counting, event: str
) -> None:
    found = await asked(told, f"Where did I have lunch {event}?")
    assert told.searches == 2
    assert all(any(place in item.text for item in found) for place in ("Verde", "Azul"))
    assert not any("temporal" in item.receipt["boosts"] for item in found)


async def test_a_question_without_an_event_is_one_search(told: Counting) -> None:
    await asked(told, "Where did I have lunch?")
    await asked(told, "Where did I have lunch in March 2026, after we moved?")
    assert told.searches == 2

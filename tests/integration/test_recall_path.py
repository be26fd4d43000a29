"""From conversations to what is recalled of them: the remember path, Postgres, the hybrid search, recall."""

from datetime import UTC, datetime, timedelta

import pytest
from langgraph.store.base import BaseStore

from config.settings import Settings
from graphs.ingest import ingest, turns_of
from memory.lifecycle.changing.change import find, forget, supersede
from memory.lifecycle.reading.listing import memories_of
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.recalling.recalled import Recalled
from memory.lifecycle.turns.transcripts import Line, thread_id
from memory.schema import Kind, fingerprint

BOTH = "ana-and-bob"
ME = "carla@example.com"
BEGAN = datetime(2026, 3, 2, 18, tzinfo=UTC)
LAST = datetime(2026, 6, 1, 9, tzinfo=UTC)

TALK = [
    ("Ana", "I have started to paint with watercolours, it calms me after work."),
    ("Bob", "I have started to paint with oil, though it smells terribly."),
    ("Ana", "How many cats do you have by now?"),
    ("Bob", "Three, and the youngest sleeps in the sink."),
    ("Ana", "We should go to the seaside again some day."),
    ("Bob", "Yes, with better weather than the last time."),
]
LATER = [
    ("Ana", "The concert in the old theatre was wonderful."),
    ("Bob", "I could not come, the car broke down on the motorway."),
    ("Ana", "I bought a bicycle, a red one."),
    ("Bob", "A good idea, with these prices for petrol."),
]


def lines(name: str, at: datetime, said: list[tuple[str, str]]) -> list[Line]:
    return [
        Line(thread_id(name), "user", text, at + timedelta(minutes=number), speaker, f"{name}-{number}")
        for number, (speaker, text) in enumerate(said)
    ]


@pytest.fixture
async def talked(store: BaseStore, configured: Settings) -> BaseStore:
    """Two people in two sessions, ten weeks apart."""
    threads = {
        thread_id("first"): turns_of(lines("first", BEGAN, TALK)),
        thread_id("second"): turns_of(lines("second", BEGAN + timedelta(weeks=10), LATER)),
    }
    done = await ingest(store, BOTH, threads, configured)
    assert done.turns == len(TALK) + len(LATER)
    return store


async def asked(store: BaseStore, question: str, user: str = BOTH, limit: int = 5) -> list[Recalled]:
    return await recall(store, user, question, limit=limit, now=LAST)


def messages(found: list[Recalled]) -> list[str]:
    return [message for item in found for message in item.message_ids]


async def test_of_two_who_said_alike_the_one_who_is_named_is_meant(talked: BaseStore) -> None:
    for name, own, other in (("Ana", "first-0", "first-1"), ("Bob", "first-1", "first-0")):
        found = messages(await asked(talked, f"What does {name} paint with?"))
        assert found[0] == own
        assert found.index(own) < (found.index(other) if other in found else len(found))
    best = (await asked(talked, "What does Bob paint with?"))[0]
    assert best.receipt["boosts"]["speaker"] > 0


async def test_a_date_in_the_question_brings_what_was_said_then(talked: BaseStore) -> None:
    early = await asked(talked, "What was talked about on 2 March 2026?", limit=4)
    late = await asked(talked, "What was talked about on 11 May 2026?", limit=4)
    assert all(message.startswith("first-") for message in messages(early))
    assert all(message.startswith("second-") for message in messages(late))
    assert all(item.receipt["boosts"]["temporal"] > 0 for item in (*early, *late))


async def test_an_answer_is_found_by_the_question_before_it(talked: BaseStore) -> None:
    """ "Three" has no cat in it: what was asked has."""
    found = messages(await asked(talked, "How many cats does Bob have?"))
    assert "first-3" in found[:2]


async def test_another_owner_recalls_nothing_of_it(talked: BaseStore) -> None:
    for user in (ME, "ana-and-bo", "ana-and-bobby", "Ana-and-Bob"):
        assert await asked(talked, "What does Ana paint with?", user) == []


@pytest.fixture
async def mine(store: BaseStore, configured: Settings) -> BaseStore:
    """One person with an assistant, whose facts are noted beside their words."""
    said = ["I live in Porto.", "My sister is called In\u00eas.", "I like tea.", "I'm allergic to peanuts."]
    rows = [
        row
        for number, text in enumerate(said)
        for row in (
            Line(thread_id("mine"), "user", text, BEGAN + timedelta(minutes=2 * number), None, f"m{number}"),
            Line(
                thread_id("mine"),
                "assistant",
                "Noted.",
                BEGAN + timedelta(minutes=2 * number + 1),
                None,
                f"a{number}",
            ),
        )
    ]
    done = await ingest(store, ME, {thread_id("mine"): turns_of(rows)}, configured)
    assert done.facts == len(said)
    return store


async def test_a_fact_and_the_words_that_it_was_learned_from_count_once(mine: BaseStore) -> None:
    for question in ("Where do I live?", "What am I allergic to?", "What is my sister called?"):
        found = messages(await asked(mine, question, ME, limit=10))
        assert len(found) == len(set(found))
    assert messages(await asked(mine, "Where do I live?", ME))[0] == "m0"
    assert len(await memories_of(mine, ME, kinds=(Kind.SEMANTIC, Kind.EPISODIC))) > 4


async def test_what_was_forgotten_is_recalled_by_no_question(mine: BaseStore) -> None:
    (fact,) = [memory for memory in await memories_of(mine, ME) if "peanuts" in memory.text]
    assert any("peanuts" in item.text for item in await asked(mine, "What am I allergic to?", ME))
    await forget(mine, ME, fact)
    for question in (
        "What am I allergic to?",
        "peanuts",
        "allergic to peanuts",
        "What did I say on 2 March 2026?",
    ):
        assert not any(
            "peanuts" in item.text or "m3" in item.message_ids for item in await asked(mine, question, ME, 20)
        )
    assert any("Porto" in item.text for item in await asked(mine, "Where do I live?", ME))


async def test_what_was_superseded_is_kept_and_recalled_no_more(mine: BaseStore) -> None:
    (old,) = [memory for memory in await memories_of(mine, ME) if "Porto" in memory.text]
    statement = "The user lives in Faro."
    new = old.model_copy(
        update={
            "id": "00000000-0000-4000-8000-000000000001",
            "text": statement,
            "fingerprint": fingerprint(statement),
            "supersedes": old.id,
            "provenance": old.provenance.model_copy(update={"message_ids": ["later"]}),
        }
    )
    await supersede(mine, ME, old, new, LAST)
    found = await asked(mine, "Where do I live?", ME, 20)
    assert any(item.text == statement for item in found)
    assert old.id not in {item.id for item in found}
    kept = await find(mine, ME, old.id)
    assert kept.validity.superseded_by == new.id


async def test_of_what_is_recalled_the_scores_fall_with_the_ranks(mine: BaseStore) -> None:
    """A fact that stood in the place of its message showed a score of its own, far below the next one's."""
    for question in ("Where do I live?", "What am I allergic to?", "Who is my sister?", "What do I drink?"):
        found = await asked(mine, question, ME, limit=10)
        scores = [item.score for item in found]
        assert scores == sorted(scores, reverse=True)
        assert any("in_place_of" in item.receipt for item in found)
        assert all(item.why for item in found)

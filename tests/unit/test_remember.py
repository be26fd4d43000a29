"""What a turn taught is written once, all of it or nothing, whatever fails in between."""

from typing import Any

import pytest
from langgraph.store.base import PutOp

from memory.lifecycle.learning.build import FORGOTTEN, episode_id
from memory.lifecycle.learning.remember import NothingLearned, Remembered, remember
from memory.lifecycle.reading.listing import memories_of
from memory.lifecycle.turns.evidence import Evidence
from memory.lifecycle.turns.extraction import Extraction
from memory.namespaces import memory_namespace
from memory.schema import Kind, Status
from tests.unit.memory_parts import LATER, ME, NOON, Watched, extraction, fact, said, turn

TURN = turn(said("I live in Porto and I hate olives."), said("Noted.", 2, "assistant"))
LIVES = fact("The user lives in Porto.", "I live in Porto")
HATES = fact("The user hates olives.", "I hate olives")
BOTH = extraction(LIVES, HATES)


class Extractor:
    """Gives these answers in turn, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: Extraction | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    async def __call__(self, document: dict[str, Any]) -> Extraction:
        self.asked.append(document)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def store() -> Watched:
    return Watched()


async def run(
    store: Watched, extract: Extractor, *turns: Evidence, user: str = ME, **rest: Any
) -> Remembered:
    return await remember(store, user, turns or (TURN,), extract, **{"now": LATER, "max_facts": 20, **rest})


async def texts(store: Watched, user: str = ME) -> list[str]:
    return sorted(m.text for m in (await store.memories(user)).values() if m.kind is Kind.SEMANTIC)


async def test_a_turn_becomes_its_facts_and_what_was_said(store: Watched) -> None:
    result = await run(store, Extractor(BOTH))
    assert [(m.kind, m.text) for m in result.memories] == [
        (Kind.SEMANTIC, "The user lives in Porto."),
        (Kind.SEMANTIC, "The user hates olives."),
        (Kind.EPISODIC, "[2026-05-03] User: I live in Porto and I hate olives."),
        (Kind.EPISODIC, "[2026-05-03] Assistant: Noted."),
    ]
    assert (result.already, result.warnings) == (0, [])
    assert await store.memories() == {memory.id: memory for memory in result.memories}


async def test_all_of_a_turn_is_written_in_one_batch(store: Watched) -> None:
    await run(store, Extractor(BOTH))
    assert [len(batch) for batch in store.writes] == [5]
    assert [op.namespace for op in store.writes[0]] == [
        memory_namespace(ME, "semantic"),
        memory_namespace(ME, "semantic"),
        memory_namespace(ME, "episodic"),
        memory_namespace(ME, "episodic"),
        memory_namespace(ME, "decisions"),
    ]


async def test_two_turns_are_two_batches_and_one_look_for_what_was_done(store: Watched) -> None:
    other = turn(said("I like fado.", 3))
    await run(
        store, Extractor(BOTH, extraction(fact("The user likes fado.", "I like fado", "m3"))), TURN, other
    )
    assert [len(batch) for batch in store.writes] == [5, 3]
    assert len(store.batches) == 6


async def test_nothing_to_remember_asks_nobody(store: Watched) -> None:
    extract = Extractor(BOTH)
    result = await remember(store, ME, [], extract, now=LATER, max_facts=20)
    assert (result, store.batches, extract.asked) == (Remembered(), [], [])


@pytest.mark.parametrize("second", [BOTH, extraction(HATES, summary="Else."), extraction(), None])
async def test_a_turn_is_remembered_once(store: Watched, second: Extraction | None) -> None:
    await run(store, Extractor(BOTH))
    before = await store.everything()
    extract = Extractor(second)
    again = await run(store, extract, now=NOON)
    assert (again.already, again.memories, extract.asked) == (1, [], [])
    assert await store.everything() == before


@pytest.mark.parametrize("written", [0, 1, 2])
async def test_a_write_that_failed_is_repeated_to_the_same_end(store: Watched, written: int) -> None:
    undisturbed = Watched()
    await run(undisturbed, Extractor(BOTH))
    store.fail_after = written
    with pytest.raises(OSError, match="went away"):
        await run(store, Extractor(BOTH))
    store.fail_after = None
    await run(store, Extractor(BOTH))
    assert await store.everything() == await undisturbed.everything()


@pytest.mark.parametrize("written", [0, 1, 2])
async def test_a_repetition_that_words_a_fact_alike_does_not_double_it(store: Watched, written: int) -> None:
    store.fail_after = written
    with pytest.raises(OSError, match="went away"):
        await run(store, Extractor(BOTH))
    store.fail_after = None
    await run(store, Extractor(extraction(HATES, fact("the user lives in  Porto", "Porto"))))
    found = [text.casefold().rstrip(".") for text in await texts(store)]
    assert [" ".join(text.split()) for text in found] == ["the user hates olives", "the user lives in porto"]
    assert len(await store.memories()) == 4


async def test_a_write_that_arrived_though_it_seemed_to_fail_is_not_repeated(store: Watched) -> None:
    store.fail_after = 3
    with pytest.raises(OSError, match="went away"):
        await run(store, Extractor(BOTH))
    store.fail_after = None
    extract = Extractor(extraction(fact("Something else.", "I hate olives")))
    assert ((await run(store, extract)).already, extract.asked) == (1, [])
    assert await texts(store) == ["The user hates olives.", "The user lives in Porto."]


async def test_turns_before_a_failing_one_stay_and_the_rest_follows(store: Watched) -> None:
    other, third = turn(said("I like fado.", 3)), turn(said("Bye.", 5))
    likes = extraction(fact("The user likes fado.", "I like fado", "m3"))
    with pytest.raises(TimeoutError):
        await run(store, Extractor(BOTH, TimeoutError()), TURN, other, third)
    assert len(await store.memories()) == 4
    result = await run(store, Extractor(likes, extraction()), TURN, other, third)
    assert (result.already, len(result.memories), len(await store.memories())) == (1, 3, 7)


async def test_an_answer_that_cannot_be_read_costs_the_facts_and_says_so(store: Watched) -> None:
    result = await run(store, Extractor(NothingLearned("It could not be read.")))
    assert [m.kind for m in result.memories] == [Kind.EPISODIC] * 2
    assert result.warnings == ["It could not be read."]
    assert episode_id(TURN) in await store.everything()


async def test_what_is_known_word_for_word_is_not_learned_again(store: Watched) -> None:
    await run(store, Extractor(BOTH))
    later = turn(said("I said that I live in Porto and I hate beans", 7))
    found = extraction(
        fact("the user lives in Porto", "I live in Porto", "m7"),
        fact("The user hates beans.", "I hate beans", "m7"),
    )
    result = await run(store, Extractor(found), later)
    assert [m.text for m in result.memories] == [
        "The user hates beans.",
        "[2026-05-03] User: " + later.opening.text,
    ]
    assert len(await texts(store)) == 3


async def test_what_is_known_of_somebody_else_is_learned(store: Watched) -> None:
    await run(store, Extractor(BOTH))
    result = await run(store, Extractor(BOTH), user="bob")
    assert len(result.memories) == 4
    assert await texts(store) == await texts(store, "bob")


async def test_no_more_facts_than_asked_for(store: Watched) -> None:
    await run(store, Extractor(BOTH), max_facts=1)
    assert await texts(store) == ["The user lives in Porto."]


async def test_a_private_turn_asks_no_model_and_leaves_no_words(store: Watched) -> None:
    extract = Extractor(BOTH)
    await run(store, extract, turn(*TURN.said, private=True))
    [only] = (await store.memories()).values()
    assert (extract.asked, only.text, only.status) == ([], FORGOTTEN, Status.RETRACTED)
    assert "Porto" not in str(await store.everything())
    assert [op.index for op in store.writes[0]] == [False]


async def test_active_memories_are_searchable(store: Watched) -> None:
    await run(store, Extractor(BOTH))
    *memories, decisions = store.writes[0]
    assert ([op.index for op in memories], decisions.index) == ([None] * 4, False)
    assert all(isinstance(op, PutOp) and op.ttl is None for op in store.writes[0])


async def test_the_list_is_newest_first_and_of_active_memories_alone(store: Watched) -> None:
    early = turn(said("I live in Porto."), thread="another")
    await run(store, Extractor(extraction(LIVES)), early)
    await run(store, Extractor(extraction(HATES)), turn(*TURN.said, private=True), now=LATER)
    other = [memory async for memory in _many(store, 5)]
    await store.inner.aput(memory_namespace(ME, "semantic"), "odd", {"status": "active", "text": "not ours"})
    listed = await memories_of(store, ME)
    assert [m.text for m in listed] == [*reversed(other), "The user lives in Porto."]
    assert [m.text for m in await memories_of(store, "bob")] == []
    both = await memories_of(store, ME, kinds=(Kind.SEMANTIC, Kind.EPISODIC))
    assert len(both) == len(listed) + 6


async def _many(store: Watched, count: int) -> Any:
    for number in range(count):
        words = f"I count to {number}"
        later = said(words, 100 + number)
        given = turn(type(later)(later.id, "user", words, LATER.replace(hour=10 + number)))
        result = await run(store, Extractor(extraction(fact(f"Count {number}.", words, later.id))), given)
        yield result.memories[0].text

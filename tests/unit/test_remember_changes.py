"""A turn that changes what is known: written with what it ends, once, beside its decisions, and undone with it."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.store.base import Op, PutOp, Result

from config.redaction import SECRET
from memory.lifecycle.changing.change import find, forget, retract, supersede
from memory.lifecycle.changing.undo import bring_back, take_back
from memory.lifecycle.learning.decisions import MAX_CHARS, MAX_DECISIONS, decided, decisions_of
from memory.lifecycle.learning.reconcile import Candidate
from memory.lifecycle.learning.remember import Remembered, learn, remember
from memory.lifecycle.reading.listing import memories_of
from memory.lifecycle.turns.evidence import Evidence, turn_name
from memory.lifecycle.turns.extraction import MAX_FACTS, Extraction, Fact
from memory.long_term.statements.writes import ConflictError
from memory.schema import Kind, Memory, Status
from tests.unit.memory_parts import LATER, ME, NOON, THREAD, Watched, extraction, fact, said, turn

modest = settings(max_examples=40)


@pytest.fixture
def store() -> Watched:
    return Watched()


def spoken(number: int, *texts: str, days: int | None = None) -> Evidence:
    message = said(" ".join(texts), number)
    return turn(replace(message, at=NOON + timedelta(days=number if days is None else days)))


async def tell(
    store: Watched, number: int, *pairs: tuple[str, str], days: int | None = None, **advice: Any
) -> Remembered:
    """A turn in which the user says these words, each noted as its statement."""
    facts = [fact(statement, words, f"m{number}", **advice) for words, statement in pairs]

    async def extract(_: dict[str, Any]) -> Extraction:
        return extraction(*facts)

    evidence = spoken(number, *(f"{words}." for words, _ in pairs), days=days)
    return await remember(store, ME, [evidence], extract, now=LATER, max_facts=20)


def name(number: int) -> str:
    return turn_name(THREAD, f"m{number}")


async def semantic(store: Watched) -> dict[str, Memory]:
    return {m.text: m for m in (await store.memories()).values() if m.kind is Kind.SEMANTIC}


async def holding(store: Watched) -> set[str]:
    return {memory.text for memory in await memories_of(store, ME)}


LISBON = ("I live in Lisbon", "The user lives in Lisbon.")
PORTO = ("I live in Porto now", "The user lives in Porto.")
WRONG = ("That's wrong, I live in Porto", "The user lives in Porto.")
OSLO = ("I live in Oslo now", "The user lives in Oslo.")
DOG = ("I have a dog", "The user has a dog.")
REX = ("I have a dog called Rex", "The user has a dog called Rex.")


async def test_a_change_ends_what_was_known_in_the_same_write(store: Watched) -> None:
    await tell(store, 1, LISBON)
    store.batches.clear()
    await tell(store, 2, PORTO)
    assert len(store.writes) == 1
    found = await semantic(store)
    past, now = found[LISBON[1]], found[PORTO[1]]
    assert (past.status, past.validity.superseded_by, now.supersedes) == (Status.SUPERSEDED, now.id, past.id)
    assert past.validity.valid_to == now.validity.valid_from == NOON + timedelta(days=2)
    indexed = {op.key: op.index for op in store.writes[0]}
    assert (indexed[past.id], indexed[now.id]) == (False, None)


async def test_an_older_message_that_comes_late_ends_nothing(store: Watched) -> None:
    await tell(store, 5, PORTO)
    result = await tell(store, 1, LISBON)
    assert await holding(store) == {PORTO[1]}
    assert (await semantic(store))[LISBON[1]].status is Status.SUPERSEDED
    assert LISBON[1] not in [memory.text for memory in result.memories]


async def test_what_is_said_in_other_words_is_one_memory(store: Watched) -> None:
    for number, words in enumerate(("I love sushi", "I like sushi", "I really enjoy sushi")):
        statement = words.replace("I love", "The user loves").replace("I like", "The user likes")
        await tell(store, number, (words, statement.replace("I really enjoy", "The user really enjoys")))
    [memory] = (await semantic(store)).values()
    assert memory.also == [name(1), name(2)]


@pytest.mark.parametrize(("first", "then"), [(LISBON, PORTO), (LISBON, WRONG), (DOG, REX)])
async def test_undoing_a_change_restores_what_it_changed_and_redoing_changes_it_again(
    store: Watched, first: tuple[str, str], then: tuple[str, str]
) -> None:
    await tell(store, 1, first)
    before = (await semantic(store))[first[1]]
    await tell(store, 2, then)
    after = await store.everything()
    assert await holding(store) == {then[1]}
    await take_back(store, ME, name(2))
    assert await holding(store) == {first[1]}
    assert (await semantic(store))[first[1]] == before
    await bring_back(store, ME, name(2))
    assert await store.everything() == after


@modest
@given(
    st.lists(st.sampled_from([LISBON, PORTO, OSLO, WRONG, DOG, REX]), min_size=1, max_size=4),
    st.lists(st.integers(0, 3), max_size=6),
)
def test_undone_and_redone_in_any_order_one_home_holds(
    told: list[tuple[str, str]], changes: list[int]
) -> None:
    async def work() -> None:
        store = Watched()
        for number, each in enumerate(told):
            await tell(store, number, each)
        everything = await store.everything()
        away: list[int] = []
        for number in dict.fromkeys(each % len(told) for each in changes):
            away.append(number)
            await take_back(store, ME, name(number))
            holds = await holding(store)
            assert len({text for text in holds if "lives in" in text}) <= 1
        for number in reversed(away):
            await bring_back(store, ME, name(number))
        texts = {
            v["text"] for v in everything.values() if v.get("kind") == "semantic" and v["status"] == "active"
        }
        if away == sorted(away, reverse=True):
            assert await holding(store) == texts

    asyncio.run(work())


async def test_of_three_homes_the_newest_holds_when_the_second_is_taken_back(store: Watched) -> None:
    """The first one held again beside it."""
    for number, each in enumerate([LISBON, PORTO, OSLO]):
        await tell(store, number, each)
    after = await store.everything()
    await take_back(store, ME, name(1))
    assert await holding(store) == {OSLO[1]}
    await bring_back(store, ME, name(1))
    assert await store.everything() == after
    for number in (1, 2):
        await take_back(store, ME, name(number))
    assert await holding(store) == {LISBON[1]}


async def test_forgetting_takes_what_was_replaced_and_what_was_decided_along(store: Watched) -> None:
    await tell(store, 1, DOG)
    await tell(store, 2, REX)
    await tell(store, 3, LISBON)
    assert len(await decisions_of(store, ME)) == 3
    [rex] = [memory for memory in await memories_of(store, ME) if memory.text == REX[1]]
    assert await forget(store, ME, rex) == 2
    left = str(await store.everything())
    assert "dog" not in left
    assert "Rex" not in left
    assert [each.turn for each in await decisions_of(store, ME)] == [name(3)]


async def test_every_decision_is_kept_with_its_reason(store: Watched) -> None:
    await tell(store, 1, LISBON)
    key = "My key is sk-canary0123456789abcdef and I work at Acme"
    await tell(store, 2, PORTO, (key, "The user works at Acme."), ("I am here", "The user likes Ines."))
    [newest] = [each for each in await decisions_of(store, ME) if each.turn == name(2)]
    assert [(each.what, each.statement) for each in newest.decisions] == [
        ("refuse", "The user likes Ines."),
        ("mask", "The user works at Acme."),
        ("outdates", PORTO[1]),
        ("new", "The user works at Acme."),
    ]
    assert all(each.reason.endswith(".") for each in newest.decisions)
    assert newest.decisions[2].of == (await semantic(store))[LISBON[1]].id
    assert SECRET in newest.decisions[3].quote
    assert "canary" not in str(await store.everything())


async def test_what_tools_decided_stands_first_and_nobody_can_forge_more_than_words(store: Watched) -> None:
    given = (
        {"what": "new", "reason": "r" * 2_000, "statement": "The user banks at Acme.", "memory": "m" * 2_000},
        {"what": "new", "reason": "No field of it.", "power": 1, "source": "nobody"},
        {"reason": "Nothing was done."},
    )
    message = said("Please remember my bank.", 1)
    for private in (False, True):
        told = turn(message, decided=given, private=private)
        [made, *_] = decided(told, [], [], [])
        assert (len(made.reason), len(made.memory)) <= (MAX_CHARS, MAX_CHARS)
        assert made.statement == ("" if private else "The user banks at Acme.")
        assert len(decided(told, [], [], [])) == 1


async def test_a_turn_without_candidates_leaves_no_decisions(store: Watched) -> None:
    await tell(store, 1)
    assert await decisions_of(store, ME) == []


async def test_decisions_are_bounded(store: Watched) -> None:
    facts = [fact(f"The user likes thing {n}. {'x' * 400}", "no such words") for n in range(500)]
    made = Extraction.model_construct(summary="", facts=facts, procedures=[])

    async def extract(_: dict[str, Any]) -> Extraction:
        return made

    await remember(store, ME, [spoken(1, "Hello.")], extract, now=LATER, max_facts=20)
    [kept] = await decisions_of(store, ME)
    assert (len(kept.decisions), kept.left_out) == (MAX_DECISIONS, 500 - MAX_DECISIONS)
    assert len(str(kept)) < 30_000
    assert await semantic(store) == {}


async def test_r34_a_foreign_id_changes_nothing(store: Watched) -> None:
    await tell(store, 1, LISBON)
    other = Watched()
    await tell(other, 9, ("I like tea", "The user likes tea."))
    [theirs] = (await semantic(other)).values()
    await tell(store, 2, ("I like coffee", "The user likes coffee."), change="outdates", of=theirs.id)
    await tell(store, 3, ("I like beer", "The user likes beer."), change="corrects", of="../../etc")
    assert await holding(store) == {LISBON[1], "The user likes coffee.", "The user likes beer."}


async def test_the_extractor_is_shown_a_few_related_facts_however_many_there_are(store: Watched) -> None:
    asked: list[dict[str, Any]] = []

    async def extract(document: dict[str, Any]) -> Extraction:
        asked.append(document)
        return extraction()

    for number in range(30):
        await tell(store, number, (f"I like tea number {number}", f"The user likes tea number {number}."))
    await remember(store, ME, [spoken(99, "I like tea.")], extract, now=LATER, max_facts=20)
    [document] = asked
    assert len(document["related"]) == 8
    assert all(
        set(row) == {"id", "statement"} and len(row["statement"]) <= 100 for row in document["related"]
    )


class Contended(Watched):
    """Refuses the first conditional writes, as where somebody else was first."""

    strategies = frozenset({"hybrid"})

    def __init__(self, conflicts: int) -> None:
        super().__init__()
        self.conflicts = conflicts

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        given_ops = list(ops)
        if any(isinstance(op, PutOp) for op in given_ops) and self.conflicts:
            self.conflicts -= 1
            raise ConflictError("somebody was first")
        plain = [
            op._replace(filter={k: v for k, v in (op.filter or {}).items() if not k.startswith("$")})
            if hasattr(op, "query")
            else op
            for op in given_ops
        ]
        return await super().abatch(plain)


@pytest.mark.parametrize("conflicts", [1, 3])
async def test_r25_a_conflict_is_read_again_and_written_anew(conflicts: int) -> None:
    store = Contended(0)
    await tell(store, 1, LISBON)
    store.conflicts = conflicts
    await tell(store, 2, PORTO)
    assert await holding(store) == {PORTO[1]}


async def test_r25_conflicts_without_end_are_an_error_and_write_nothing() -> None:
    store = Contended(0)
    await tell(store, 1, LISBON)
    before = await store.everything()
    store.conflicts = 99
    with pytest.raises(ConflictError):
        await tell(store, 2, PORTO)
    assert await store.everything() == before


async def test_a_memory_is_retracted_with_a_reason(store: Watched) -> None:
    await tell(store, 1, LISBON)
    memory = (await semantic(store))[LISBON[1]]
    await retract(store, ME, memory, "A person said so.")
    again = await find(store, ME, memory.id)
    assert (again.status, again.reason) == (Status.RETRACTED, "A person said so.")
    assert await holding(store) == set()
    before = await store.everything()
    await retract(store, ME, memory, "Otherwise.")
    assert await store.everything() == before


async def test_a_correction_says_whether_it_was_wrong_or_has_changed(store: Watched) -> None:
    await tell(store, 1, LISBON)
    await tell(store, 2, DOG)
    found = await semantic(store)
    new = found[DOG[1]].model_copy(update={"id": "new", "supersedes": found[LISBON[1]].id})
    await supersede(store, ME, found[LISBON[1]], new, LATER, wrong=True)
    past = await find(store, ME, found[LISBON[1]].id)
    assert (past.status, past.validity.superseded_by) == (Status.RETRACTED, "new")


async def test_what_somebody_asks_to_keep_is_held_against_what_is_known(store: Watched) -> None:
    await tell(store, 1, LISBON)
    await tell(store, 2, DOG)
    found = await semantic(store)
    new = found[DOG[1]].model_copy(
        update={"id": "new", "text": PORTO[1], "fingerprint": "new", "turn": name(3)}
    )
    ruling = await learn(store, ME, Candidate(new, words="I live in Porto now."))
    assert (ruling.relation, ruling.of and ruling.of.text) == ("outdates", LISBON[1])
    assert await holding(store) == {PORTO[1], DOG[1]}


def test_the_bound_of_facts_is_the_models_too() -> None:
    with pytest.raises(ValueError, match="at most 20"):
        Extraction(summary="", facts=[Fact.model_validate(fact("A.", "a").model_dump())] * (MAX_FACTS + 1))

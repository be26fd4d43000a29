"""What merges, what is summed up, what is thinned out and what goes: the rules, without a store."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from memory.lifecycle.changing.change import emptied
from memory.lifecycle.keeping.duplicates import CLOSE, merges, say_the_same
from memory.lifecycle.keeping.pruning import Pruning, select_for_forgetting
from memory.lifecycle.keeping.thinning import Thinning, thinned
from memory.lifecycle.learning.clusters import (
    COHESIVE,
    FEWEST,
    borne_out,
    cohesive,
    extract,
    may_cluster,
    summary_of,
)
from memory.lifecycle.learning.remember import put
from memory.lifecycle.reading.decay import Use
from memory.lifecycle.recalling.profile import profile_of
from memory.long_term.ranking.document import document_of
from memory.schema import Kind, Memory, Source, Status, Views
from tests.unit.memory_parts import LATER, NOON, learned, told

DAY = timedelta(days=1)


def near(memories: list[Memory], cosine: float = 0.97) -> dict[str, dict[str, float]]:
    return {one.id: {other.id: cosine for other in memories if other is not one} for one in memories}


SAME = [
    ("The user lives in Porto.", "The user now lives in Porto."),
    ("The user has two cats.", "The user has 2 cats."),
    ("The user likes fado.", "The user loves fado."),
]
OTHER = [
    ("The user eats meat.", "The user no longer eats meat."),
    ("The user likes olives.", "The user hates olives."),
    ("The user has two cats.", "The user has three cats."),
    ("The user's sister is Ines.", "The user's sister is Inez."),
    ("The user lives in Porto.", "The user used to live in Porto."),
    ("The user was born in 1990.", "The user was born in 1991."),
    ("The user's left knee hurts.", "The user's right knee hurts."),
    ("Ana lives in Porto.", "Rui lives in Porto."),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_says_the_same_in_nearly_the_same_words_merges(one: str, other: str) -> None:
    assert say_the_same(learned(one), learned(other, 2), 0.97)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_near_opposites_and_what_differs_in_a_name_or_number_stay_two(one: str, other: str) -> None:
    assert not say_the_same(learned(one), learned(other, 2), 0.999)


def test_what_does_not_embed_close_together_stays_two() -> None:
    assert not say_the_same(learned(SAME[0][0]), learned(SAME[0][1], 2), CLOSE - 0.01)


def test_the_one_that_says_more_stands_for_the_other_and_both_turns_bear_it_out() -> None:
    short, full = learned("The user lives in Porto."), learned("The user lives in sunny Porto.", 2)
    [merge] = merges([short, full], near([short, full]), "why")
    assert merge.kept.id == full.id
    assert (merge.kept.also, merge.kept.stands_for) == ([short.turn], [short.id])
    assert [(each.id, each.status, each.reason) for each in merge.merged] == [
        (short.id, Status.MERGED, "why")
    ]


def test_a_pinned_fact_is_never_merged_away() -> None:
    pinned = learned("The user lives in Porto.", pinned=True)
    full = learned("The user lives in sunny Porto.", 2)
    assert merges([pinned, full], near([pinned, full]), "") == []


def test_what_happened_twice_is_two_happenings() -> None:
    first = learned("The user ran a marathon.", category="event")
    later = first.provenance.model_copy(update={"said_at": NOON + 30 * DAY})
    again = learned("The user ran a marathon.", 2, category="event", provenance=later)
    assert not say_the_same(first, again, 1.0)


@given(some.lists(some.sampled_from([text for pair in SAME + OTHER for text in pair]), max_size=12))
def test_a_merge_loses_no_fact_and_takes_none_twice(statements: list[str]) -> None:
    facts = list({(m := learned(text, n)).id: m for n, text in enumerate(statements)}.values())
    found = merges(facts, near(facts), "")
    gone = [each.id for merge in found for each in merge.merged]
    kept = {merge.kept.id for merge in found}
    assert len(gone) == len(set(gone))
    assert kept.isdisjoint(gone)


RUNS = [told(f"I went for a run in the park, {n} kilometres.", n) for n in range(4, 8)]


def test_a_group_is_cohesive_by_every_two_of_it() -> None:
    table = near(RUNS, COHESIVE)
    assert [sorted(each.id for each in group) for group in cohesive(RUNS, table)] == [
        sorted(each.id for each in RUNS)
    ]
    table[RUNS[0].id][RUNS[1].id] = table[RUNS[1].id][RUNS[0].id] = COHESIVE - 0.01
    [group] = cohesive(RUNS, table)
    assert {RUNS[0].id, RUNS[1].id} - {each.id for each in group}
    assert cohesive(RUNS[: FEWEST - 1], near(RUNS)) == []


def test_what_others_said_is_in_no_group() -> None:
    by_agent = RUNS[0].provenance.model_copy(update={"source": Source.AGENT})
    for each in (
        RUNS[0].model_copy(update={"pinned": True}),
        RUNS[0].model_copy(update={"provenance": by_agent}),
        RUNS[0].model_copy(update={"status": Status.RETRACTED}),
    ):
        assert not may_cluster(each)
    assert may_cluster(RUNS[0])


def test_two_speakers_make_no_group() -> None:
    hers = [
        each.model_copy(update={"provenance": each.provenance.model_copy(update={"speaker": "Ana"})})
        for each in RUNS[:2]
    ]
    assert cohesive([*hers, *RUNS[2:]], near([*hers, *RUNS[2:]])) == []


def test_a_summary_rests_on_all_the_evidence_and_says_by_whom_it_is() -> None:
    made = summary_of(RUNS, extract(RUNS), "", LATER, "by rules")
    assert made.provenance.message_ids == [m for each in RUNS for m in each.provenance.message_ids]
    assert (made.provenance.source, made.kind, made.reason) == (Source.USER, Kind.SEMANTIC, "by rules")
    assert sorted(made.stands_for) == sorted(each.id for each in RUNS)
    assert "4 times" in made.text
    by_model = summary_of(RUNS, "The user runs.", "openai:x", LATER, "")
    assert (by_model.provenance.source, by_model.provenance.agent) == (Source.AGENT, "openai:x")
    assert by_model.id == made.id


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ("The user runs in the park, 4 to 7 kilometres.", True),
        ("The user ran 4 times.", True),
        ("The user runs with Ines.", False),
        ("The user ran 42 kilometres.", False),
    ],
)
def test_a_models_summary_may_name_and_count_only_what_the_episodes_do(statement: str, holds: bool) -> None:
    assert borne_out(statement, RUNS) is holds


LONG = "We moved to Porto in May. The flat is near the river. My sister Ines helped us to carry the piano upstairs."


def test_thinning_waits_and_never_gives_back() -> None:
    old = told(LONG)
    assert thinned(old, Thinning(), NOON + 29 * DAY) is Views.ALL
    assert thinned(old, Thinning(), NOON + 31 * DAY) is Views.WHOLE
    assert thinned(told("And how are you today?"), Thinning(), NOON + 31 * DAY) is Views.NONE
    assert thinned(told(LONG, views=Views.NONE), Thinning(), NOON) is Views.NONE
    assert thinned(old, Thinning(), NOON + 31 * DAY, Use(1, NOON + 20 * DAY)) is Views.ALL


@pytest.mark.parametrize(
    "kept", [told(LONG, pinned=True), told(LONG, status=Status.MERGED), learned("The user lives in Porto.")]
)
def test_what_is_pinned_or_no_episode_is_not_thinned(kept: Memory) -> None:
    assert thinned(kept, Thinning(), NOON + 9_000 * DAY) is Views.ALL


def test_a_thinned_episode_keeps_its_words_and_place_and_reads_back_whole() -> None:
    full = told(LONG)
    for views, count in ((Views.ALL, 4), (Views.WHOLE, 1), (Views.NONE, 0)):
        memory = full.model_copy(update={"views": views})
        op = put("me", memory)
        document = document_of(op, ["text"])
        assert document is not None
        assert len(document.views) == count
        assert (document.words, document.thread) == (
            document_of(put("me", full), ["text"]).words,
            document.thread,
        )  # type: ignore[union-attr]
        assert op.value is not None
        assert Memory.from_value(op.value) == memory
        assert op.value["status"] == "active"
        assert ("fingerprint" in op.value) is (views is Views.ALL)
        odd = memory.model_copy(update={"fingerprint": "f", "detail": "Something else.", "asked": "Why?"})
        assert Memory.from_value(odd.to_value()) == odd
        assert Memory.from_value(emptied(memory).to_value()) == emptied(memory)


@pytest.mark.parametrize("value", [{"views": "whole"}, {"views": "none", "provenance": {"said_at": 1}}])
def test_what_another_program_calls_thinned_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Memory.from_value(value)


kinds = some.sampled_from(
    [
        lambda n: learned(f"The user has {n} cats.", n),
        lambda n: learned(f"The user had {n} dogs.", n, pinned=True),
        lambda n: told(f"I saw {n} birds.", n),
        lambda n: told(f"I saw {n} fish.", n, status=Status.MERGED),
        lambda n: learned(f"Ignore rule {n}.", n, status=Status.QUARANTINED),
        lambda n: learned(f"Answer in {n} words.", n, kind=Kind.PROCEDURAL),
    ]
)


@given(some.lists(kinds, max_size=20), some.integers(0, 20))
def test_pruning_goes_no_further_than_asked_and_spares_what_is_pinned(makers: list[Any], keep: int) -> None:
    memories = [make(number) for number, make in enumerate(makers)]
    gone = select_for_forgetting(memories, Pruning(keep), LATER)
    assert len(memories) - len(gone) >= min(keep, len(memories))
    assert not [
        each
        for each in gone
        if each.pinned or each.kind is Kind.PROCEDURAL or each.status is Status.QUARANTINED
    ]
    assert select_for_forgetting(memories, Pruning(), LATER) == []


def test_what_is_merged_goes_before_episodes_and_these_before_facts() -> None:
    fine = learned("The user lives in Porto.", importance=0.1)
    talk, merged = told(LONG, 2), told("I saw a bird.", 3, status=Status.MERGED)
    gone = select_for_forgetting([fine, talk, merged], Pruning(0), LATER)
    assert [each.id for each in gone] == [merged.id, talk.id, fine.id]


def test_a_used_fact_outlives_an_unused_one() -> None:
    one, other = learned("The user likes tea."), learned("The user likes milk.", 2)
    gone = select_for_forgetting([one, other], Pruning(1), LATER, {one.id: Use(3, NOON)})
    assert [each.id for each in gone] == [other.id]


@given(some.integers(0, 300))
def test_a_profile_is_bounded_and_begins_with_what_matters(most: int) -> None:
    facts = [learned(f"The user has {n} cats.", n, importance=n / 20) for n in range(20)]
    pinned = learned("The user is called Ana.", 30, importance=0.0, pinned=True)
    told_of = profile_of([*facts, pinned, learned("Gone.", 31, status=Status.SUPERSEDED)], most_chars=most)
    assert len(told_of) <= most
    assert "Gone" not in told_of
    if most >= 60:
        assert told_of.splitlines()[:2] == ["- The user is called Ana.", "- The user has 19 cats."]

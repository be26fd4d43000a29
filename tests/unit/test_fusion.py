"""Fusion of the lanes: z-scores, neighbours, bounded bonuses, receipts, one order."""

import math
import random
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.long_term.language.times import spans_in
from memory.long_term.ranking.candidates import FOUND, Candidates
from memory.long_term.ranking.document import Origin
from memory.long_term.ranking.fusion import FADES, Ranked, closeness
from memory.long_term.ranking.fusion import fuse as fuse_columns
from memory.long_term.ranking.question import Question, read_question
from memory.long_term.ranking.recipes import HYBRID, RECIPES, Recipe

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAIN = read_question("green tea", [], NOON)


Candidate = dict[str, Any]
NONE: dict[str, Any] = {
    "vector": math.nan,
    "keyword": math.nan,
    "thread": -1,
    "place": -1,
    "said_at": math.nan,
    "about_from": math.nan,
    "about_to": math.nan,
    "speaker": None,
}


def candidate(number: int, **given: Any) -> Candidate:
    blank = {"owner": "users.ana", "stated": 0.0, "source": int(Origin.UNKNOWN), "timed": False}
    return {**NONE, **blank, "id": number} | {name: _kept(name, value) for name, value in given.items()}


def _kept(name: str, value: Any) -> Any:
    """As the query gives it: no null, and times as seconds."""
    value = NONE[name] if value is None else value
    return value.timestamp() if isinstance(value, datetime) else value


def columns(found: list[Candidate]) -> Candidates:
    return Candidates.of({name: [each[name] for each in found] for name in FOUND})


def fuse(found: list[Candidate], question: Question, recipe: Recipe) -> list[Ranked]:
    return fuse_columns(columns(found), question, recipe)


def order(found: list[Candidate], question: Question = PLAIN, recipe: Recipe = HYBRID) -> list[int]:
    return [each.id for each in fuse(found, question, recipe)]


def score(found: list[Candidate], number: int, question: Question = PLAIN, recipe: Recipe = HYBRID) -> float:
    return next(each.score for each in fuse(found, question, recipe) if each.id == number)


def test_nothing_gives_nothing() -> None:
    assert fuse([], PLAIN, HYBRID) == []


def test_a_lane_alone_orders_by_its_score() -> None:
    near = [candidate(n, vector=n / 10) for n in range(5)]
    assert order(near, recipe=RECIPES["vector"]) == [4, 3, 2, 1, 0]
    worded = [candidate(n, keyword=n / 10) for n in range(5)]
    assert order(worded, recipe=RECIPES["keyword"]) == [4, 3, 2, 1, 0]


def test_scores_count_by_how_far_they_stand_out_and_not_by_their_size() -> None:
    """A lane whose numbers are a hundred times larger weighs no more."""
    found = [candidate(n, vector=0.1 * n, keyword=float(5 - n)) for n in range(1, 5)]
    larger = [candidate(n, vector=0.1 * n, keyword=100.0 * (5 - n)) for n in range(1, 5)]
    assert order(found) == order(larger)
    for n in range(1, 5):
        assert score(found, n) == pytest.approx(score(larger, n))


def test_a_lane_in_which_all_are_alike_decides_nothing() -> None:
    found = [candidate(n, vector=0.1 * n, keyword=7.0) for n in range(1, 5)]
    without = [candidate(n, vector=0.1 * n) for n in range(1, 5)]
    assert [score(found, n) for n in range(1, 5)] == pytest.approx([score(without, n) for n in range(1, 5)])


def test_a_neighbour_in_the_thread_lifts_and_one_of_another_thread_does_not() -> None:
    recipe = Recipe("test", keyword=1.0)
    found = [
        candidate(1, keyword=9.0, thread=1, place=10),
        candidate(2, keyword=1.0, thread=1, place=11),
        candidate(3, keyword=1.0, thread=2, place=11),
        candidate(4, keyword=1.0, thread=1, place=50),
        candidate(5, keyword=1.0, thread=1, place=11, owner="users.bob"),
        candidate(6, keyword=1.0),
    ]
    assert order(found, recipe=recipe) == [1, 2, 3, 4, 5, 6]
    alike = {round(score(found, n, recipe=recipe), 9) for n in (3, 4, 5, 6)}
    assert len(alike) == 1
    assert score(found, 2, recipe=recipe) > alike.pop()


def test_a_neighbour_that_no_lane_found_gives_nothing() -> None:
    recipe = Recipe("test", keyword=1.0)
    found = [candidate(1, keyword=None, thread=1, place=1), candidate(2, thread=1, place=2), candidate(3)]
    assert {each.score for each in fuse(found, PLAIN, recipe)} == {0.0}


LIFTS: dict[str, tuple[dict[str, Any], Question, float]] = {
    "stated": ({"stated": 1.0}, PLAIN, HYBRID.stated),
    "user": ({"source": int(Origin.USER)}, PLAIN, HYBRID.user),
    "verbatim": ({"thread": 5, "place": 1}, PLAIN, HYBRID.verbatim),
    "speaker": ({"speaker": "Ana"}, read_question("What did Ana say?", ["Ana", "Bob"], NOON), HYBRID.speaker),
    "when": ({"timed": True}, read_question("When did we move?", [], NOON), HYBRID.when),
    "temporal": (
        {"said_at": NOON},
        read_question("What happened on 2 March 2026?", [], NOON),
        HYBRID.temporal,
    ),
}


@pytest.mark.parametrize("name", LIFTS)
def test_each_bonus_lifts_by_its_weight_and_no_more(name: str) -> None:
    given_, question, weight = LIFTS[name]
    found = [candidate(1, vector=0.3), candidate(2, vector=0.3, **given_), candidate(3, vector=0.3)]
    best, *others = fuse(found, question, HYBRID)
    assert best.id == 2
    assert best.score - others[0].score == pytest.approx(weight)
    assert best.boosts == {name: pytest.approx(weight)}
    assert all(name not in other.boosts for other in others)


def test_two_names_in_a_question_lift_neither() -> None:
    question = read_question("Did Ana call Bob?", ["Ana", "Bob"], NOON)
    found = [candidate(1, vector=0.3, speaker="Ana"), candidate(2, vector=0.3, speaker="Bob")]
    assert all(not each.boosts for each in fuse(found, question, HYBRID))


def test_what_the_user_said_is_not_lifted_when_you_are_asked_for_your_words() -> None:
    question = read_question("What did you recommend?", [], NOON)
    found = [
        candidate(1, vector=0.3, source=int(Origin.USER)),
        candidate(2, vector=0.3, source=int(Origin.AGENT)),
    ]
    assert all(not each.boosts for each in fuse(found, question, HYBRID))


def test_closeness_to_a_time_falls_with_the_distance_from_it() -> None:
    spans = spans_in("on 2 March 2026", NOON)

    def near(**given: Any) -> float:
        return float(closeness(columns([candidate(1, **given)]), spans)[0])

    days = [near(said_at=NOON + timedelta(days=n)) for n in (0, 1, 8, 30, -30)]
    assert days[0] == 1.0
    assert days == [*sorted(days, reverse=True)[:4], days[4]]
    assert near(said_at=spans[0].end + FADES) == pytest.approx(math.exp(-1))
    about = {"about_from": spans[0].start, "about_to": spans[0].end}
    assert near(said_at=NOON - timedelta(days=400), **about) == 1.0
    assert near() == 0.0


def test_the_receipt_tells_ranks_scores_and_what_lifted() -> None:
    found = [
        candidate(1, vector=0.91234567, keyword=1.5, speaker="Ana"),
        candidate(2, vector=0.5),
        candidate(3, keyword=2.5),
    ]
    question = read_question("What does Ana drink?", ["Ana"], NOON)
    receipts = {each.id: each.receipt() for each in fuse(found, question, HYBRID)}
    assert receipts[1]["lanes"] == {
        "vector": {"rank": 1, "score": 0.9123},
        "keyword": {"rank": 2, "score": 1.5},
    }
    assert receipts[1]["boosts"] == {"speaker": HYBRID.speaker}
    assert receipts[2]["lanes"] == {"vector": {"rank": 2, "score": 0.5}}
    assert receipts[3]["lanes"] == {"keyword": {"rank": 1, "score": 2.5}}
    assert receipts[2]["boosts"] == receipts[3]["boosts"] == {}
    assert set(receipts[1]) == {"lanes", "boosts", "fused"}


scores = st.none() | st.integers(0, 320).map(lambda number: number / 8)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
candidates_ = st.lists(
    st.builds(
        candidate,
        st.integers(0, 10**6),
        vector=scores,
        keyword=scores,
        thread=st.none() | st.integers(0, 2),
        place=st.none() | st.integers(0, 5),
        said_at=moments,
        about_from=moments,
        about_to=moments,
        stated=st.integers(0, 8).map(lambda number: number / 8),
        source=st.integers(0, 4),
        timed=st.booleans(),
        speaker=st.sampled_from([None, "Ana", "Bob"]),
    ),
    max_size=20,
    unique_by=lambda each: each["id"],
)
QUESTIONS = [
    "tea",
    "When did Ana move last week?",
    "What did you say in 9999?",
    "before 1900",
    "",
    "Ana and Bob",
]


@settings(max_examples=60)
@given(
    candidates_,
    st.sampled_from(QUESTIONS),
    st.sampled_from(sorted(RECIPES)),
    st.randoms(use_true_random=False),
)
def test_any_candidates_have_one_order_and_finite_bounded_scores(
    found: list[Candidate], text: str, name: str, shuffled: random.Random
) -> None:
    question, recipe = read_question(text, ["Ana", "Bob"], NOON), RECIPES[name]
    ranked = fuse(found, question, recipe)
    assert sorted(each.id for each in ranked) == sorted(each["id"] for each in found)
    most = recipe.stated + recipe.verbatim + recipe.speaker + recipe.user + recipe.when + recipe.temporal
    lanes = (recipe.vector + recipe.context + recipe.keyword) * math.sqrt(len(found) or 1)
    assert all(abs(each.score) <= most + lanes + 1e-6 for each in ranked)
    assert all(0 <= sum(each.boosts.values()) <= most + 1e-6 for each in ranked)
    again = list(found)
    shuffled.shuffle(again)
    assert fuse(again, question, recipe) == ranked


def test_two_at_one_place_of_a_thread_had_an_order_that_depended_on_the_rows() -> None:
    recipe = Recipe("test", keyword=1.0)
    found = [
        candidate(1, keyword=9.0, thread=1, place=10),
        candidate(2, keyword=8.0, thread=1, place=10),
        candidate(3, keyword=1.0, thread=1, place=11),
        candidate(4, keyword=1.0, thread=1, place=11),
        candidate(5, keyword=1.0),
    ]
    orders = {tuple(order(list(each), recipe=recipe)) for each in permutations(found)}
    assert orders == {(1, 2, 3, 4, 5)}
    assert score(found, 3, recipe=recipe) == score(found, 4, recipe=recipe) > score(found, 5, recipe=recipe)


def test_equals_stand_in_the_order_of_their_ids() -> None:
    found = [candidate(n, vector=0.5) for n in (5, 3, 9, 1)]
    assert order(found) == order(found[::-1]) == [1, 3, 5, 9]

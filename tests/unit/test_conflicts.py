"""Which of two memories that contradict each other holds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.lifecycle.learning.admission import trust
from memory.lifecycle.learning.conflicts import LATER, gives_way, outranked
from memory.lifecycle.learning.reconcile import Candidate, Reconciled, reconciled
from memory.schema import Kind, Memory, Provenance, Source, Status, Validity, fingerprint

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def claim(source: Source, *, day: int = 0, name: str = "Porto", agent: str | None = None) -> Memory:
    at = DAY + timedelta(days=day)
    return Memory(
        id=name,
        kind=Kind.SEMANTIC,
        text=f"The user lives in {name}.",
        fingerprint=fingerprint(name),
        turn="t:h",
        provenance=Provenance(
            thread_id="t", message_ids=["h"], source=source, agent=agent, said_at=at, recorded_at=at
        ),
        validity=Validity(valid_from=at),
    )


def learn(new: Memory, known: Memory) -> Reconciled:
    return reconciled([Candidate(new)], [known])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (claim(Source.USER), claim(Source.AGENT, day=9)),
        (claim(Source.AGENT), claim(Source.TOOL, day=9)),
        (claim(Source.AGENT), claim(Source.DOCUMENT, day=9)),
        (claim(Source.USER, day=1), claim(Source.USER)),
        (claim(Source.TOOL, day=1), claim(Source.DOCUMENT)),
    ],
)
def test_by_who_said_it_then_when(one: Memory, other: Memory) -> None:
    assert gives_way(other, one)
    assert not gives_way(one, other)


def test_the_reason_names_what_decided() -> None:
    user, inferred = claim(Source.USER), claim(Source.AGENT, day=1, agent="researcher")
    assert outranked(inferred, user) == (
        "It gives way to the user's own word: it rests on an agent's inference."
    )
    assert "learned by researcher" in outranked(claim(Source.TOOL), inferred)
    assert gives_way(claim(Source.USER), claim(Source.USER, day=1)) == LATER


def test_what_an_agent_infers_later_is_history_behind_the_users_word() -> None:
    holds, gone = claim(Source.USER), claim(Source.AGENT, day=3, name="Lisbon")
    result = learn(gone, holds)
    past = result.new["Lisbon"]
    assert (past.status, past.validity.superseded_by) == (Status.SUPERSEDED, "Porto")
    assert past.validity.valid_to == gone.validity.valid_from
    assert past.reason == outranked(gone, holds)
    assert not result.changed
    assert [each.relation for each in result.rulings] == ["weaker"]


def test_the_users_word_ends_what_an_agent_inferred_whichever_came_first() -> None:
    inferred = claim(Source.AGENT, day=3, name="Lisbon")
    for day in (0, 9):
        result = learn(claim(Source.USER, day=day), inferred)
        assert result.changed["Lisbon"].status is Status.SUPERSEDED
        assert result.changed["Lisbon"].reason == outranked(inferred, claim(Source.USER))
        assert result.new["Porto"].status is Status.ACTIVE


CLAIMS = st.builds(claim, st.sampled_from(Source), day=st.integers(0, 3))


@given(CLAIMS, CLAIMS)
def test_two_never_give_way_to_each_other_and_a_better_source_never_does(one: Memory, other: Memory) -> None:
    assert not (gives_way(one, other) and gives_way(other, one))
    if gives_way(one, other):
        assert trust(one) <= trust(other)
    assert not (outranked(one, other) and outranked(other, one))


@given(st.sampled_from(Source), st.sampled_from(Source), st.integers(0, 3), st.integers(0, 3))
def test_the_order_of_learning_decides_nothing_where_one_is_better_or_later(
    one: Source, other: Source, first: int, second: int
) -> None:
    mine, theirs = claim(one, day=first), claim(other, day=second, name="Lisbon")
    if not (gives_way(mine, theirs) or gives_way(theirs, mine)):
        return
    known = learn(mine, theirs), learn(theirs, mine)
    left = [{each.id for each in result.known([mine, theirs])} for result in known]
    assert left[0] == left[1] == {mine.id if gives_way(theirs, mine) else theirs.id}

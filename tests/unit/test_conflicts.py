"""Which of several memories that contradict each other holds."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.lifecycle.conflicts import TRUST, beats, settle, superseded
from memory.schema import Kind, Memory, Provenance, Source, Status, Validity, fingerprint

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def claim(source: Source, *, day: int = 0, name: str = "m", agent: str | None = None) -> Memory:
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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (claim(Source.USER), claim(Source.AGENT, day=9)),
        (claim(Source.AGENT), claim(Source.TOOL, day=9)),
        (claim(Source.AGENT), claim(Source.DOCUMENT, day=9)),
        (claim(Source.USER, day=1), claim(Source.USER)),
        (claim(Source.TOOL, day=1), claim(Source.DOCUMENT)),
        (claim(Source.USER, name="b"), claim(Source.USER, name="a")),
    ],
)
def test_by_who_said_it_then_when_then_id(one: Memory, other: Memory) -> None:
    assert beats(one, other)
    assert not beats(other, one)
    for claims in permutations([one, other]):
        verdict = settle(claims)
        assert verdict.holds == one
        assert verdict.gives_way == (other,)


def test_the_reason_names_what_decided() -> None:
    user, inferred = claim(Source.USER), claim(Source.AGENT, day=1, agent="researcher")
    assert settle([inferred, user]).reasons == (
        "It gives way to the user's own word: it rests on an agent's inference.",
    )
    tool = claim(Source.TOOL)
    assert "learned by researcher" in settle([inferred, tool]).reasons[0]
    assert "newer" in settle([claim(Source.USER), claim(Source.USER, day=1)]).reasons[0]


def test_what_gives_way_is_history() -> None:
    holds, gone = claim(Source.USER, name="Porto"), claim(Source.AGENT, day=3, name="Lisbon")
    verdict = settle([holds, gone])
    past = superseded(gone, holds, verdict.reasons[0])
    assert past.status is Status.SUPERSEDED
    assert past.validity.superseded_by == "Porto"
    assert past.validity.valid_to == gone.validity.valid_from
    assert past.reason == verdict.reasons[0]


def test_nothing_cannot_be_settled() -> None:
    with pytest.raises(ValueError, match="nothing to settle"):
        settle([])


CLAIMS = st.lists(
    st.builds(
        claim,
        st.sampled_from(Source),
        day=st.integers(0, 3),
        name=st.text("abcdef", min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda each: each.id,
)


@given(CLAIMS, st.randoms())
def test_every_order_of_asking_gives_the_same_answer(claims: list[Memory], random: st.DataObject) -> None:
    verdict = settle(claims)
    random.shuffle(claims)  # type: ignore[attr-defined]
    assert settle(claims) == verdict
    assert all(
        TRUST[each.provenance.source] <= TRUST[verdict.holds.provenance.source] for each in verdict.gives_way
    )
    assert len(verdict.gives_way) == len(verdict.reasons) == len(claims) - 1

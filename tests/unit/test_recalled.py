"""What a person reads of a receipt, and what a program does."""

from typing import Any

import pytest

from cli.show import receipt as shown
from memory.lifecycle.learning.build import episodes
from memory.lifecycle.recalling.recalled import Hit, as_state, recalled
from tests.unit.memory_parts import LATER, said, turn


def hit(score: float = 3.14159, name: str | None = "Ana", **receipt: Any) -> Hit:
    return episodes(turn(said("I paint with oil.", name=name)), "", LATER)[0], score, receipt


def lanes(vector: float | None = None, keyword: float | None = None) -> dict[str, Any]:
    given = {"vector": vector, "keyword": keyword}
    return {name: {"rank": 2, "score": score} for name, score in given.items() if score is not None}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (hit(lanes=lanes(0.6), boosts={}), "close in meaning"),
        (hit(lanes=lanes(0.6, 3.0), boosts={}), "close in meaning, shares words"),
        (hit(lanes=lanes(0.1, 3.0), boosts={"user": 1.0}), "shares words"),
        (hit(lanes={}, boosts={"temporal": 1.6}), "from that time"),
        (hit(lanes={}, boosts={"temporal": 0.9}), "from about that time"),
        (hit(lanes=lanes(0.6), boosts={"temporal": 0.001}), "close in meaning"),
        (hit(lanes=lanes(0.6), boosts={"speaker": 1.4}), "close in meaning, said by Ana"),
        (
            hit(lanes=lanes(0.6), boosts={}, rerank={"by": "llm", "score": 9.0, "was": 4}),
            "close in meaning, reranked, was #4",
        ),
        (
            hit(lanes=lanes(0.6), boosts={}, rerank={"by": "llm", "failed": "TimeoutError"}),
            "close in meaning",
        ),
        (hit(0.6), "close in meaning"),
    ],
)
def test_why_it_was_recalled_in_a_persons_words(found: Hit, why: str) -> None:
    assert recalled(found, 1).why == why


def test_a_person_sees_one_scale_and_a_program_each_lanes_own() -> None:
    """ "keyword #2, 6.78" stood beside "vector #1, 0.62"."""
    found = [
        recalled(hit(3.5, lanes=lanes(keyword=6.78), boosts={}), 1),
        recalled(hit(2.25, lanes=lanes(vector=0.62), boosts={}), 2),
    ]
    lines = shown(as_state(found))
    assert lines[0].endswith("user; shares words; 3.50)[/]")
    assert lines[1].endswith("user; close in meaning; 2.25)[/]")
    assert found[0].receipt["lanes"]["keyword"] == {"rank": 2, "score": 6.78}
    assert [item.lane for item in found] == ["keyword", "vector"]


def test_a_name_that_somebody_chose_is_shown_as_text() -> None:
    item = recalled(hit(name="[bold]Ana", lanes=lanes(0.6), boosts={"speaker": 1.4}), 1)
    assert r"said by \[bold]Ana" in shown(as_state([item]))[0]

"""The contracts' own parts: what cannot fail guards nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import agents.nodes.recall
from memory.schema import Kind, Memory, Provenance, Source, Status, Validity, fingerprint
from tests.evals import clock
from tests.evals.case import Case, Expect, Kept, Step, Text, load
from tests.evals.checks import holds, kept_faults, text_faults
from tests.evals.player import span

CASES = load()
CATEGORIES = (
    "abstention budget contradiction duplicate erase feedback forget leak name number opposite poison-document "
    "poison-tool procedure resend retraction secret small-talk temporal undo update"
)


def test_there_are_enough_of_every_category() -> None:
    assert len(CASES) >= 120
    assert set(CATEGORIES.split()) <= {case.category for case in CASES}
    assert len({case.why for case in CASES}) == len(CASES)


def test_the_page_names_every_key() -> None:
    page = (Path(__file__).parent / "README.md").read_text("utf-8")
    keys = {*Step.model_fields, *Expect.model_fields, *Case.model_fields, *Kept.model_fields} - {"category"}
    assert sorted(key for key in keys if f"`{key}`" not in page and f"`{key}:" not in page) == []


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("- id: no-check\n  why: w\n  steps: [{say: hello}]", "expects nothing"),
        ("- id: two-verbs\n  why: w\n  steps: [{say: a, undo: me, expect: {facts: 0}}]", "one thing"),
        ("- id: slip\n  why: w\n  steps: [{say: a, expect: {fakts: 0}}]", "fakts"),
        ("- id: a\n  why: w\n  steps: [{say: a, expect: {facts: 0}}]\n" * 2, "two cases"),
        ("- {id: a, why: [}", "no YAML"),
    ],
)
def test_a_slip_in_a_file_is_named(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "mine.yaml").write_text(written, "utf-8")
    with pytest.raises(ValueError, match=said) as caught:
        load(tmp_path)
    assert "mine.yaml" in str(caught.value) or said == "two cases"


@pytest.mark.parametrize(
    ("word", "text", "there"),
    [
        ("Ann", "My friend Anna.", False),
        ("ann", "Ann lives here.", True),
        ("peanut*", "No peanuts please", True),
        ("sold|gone", "The car is gone.", True),
        ("4 May", "on 14 May", False),
        ("lives in", "lives\nin Porto", True),
    ],
)
def test_words_are_whole(word: str, text: str, there: bool) -> None:
    assert holds(text, word) is there


def test_a_text_says_what_is_wrong_with_it() -> None:
    wanted = Text(has=["Porto"], lacks=["Lisbon"], at_most=5)
    assert len(text_faults("the reply", "Lisbon, of course", wanted)) == 3
    assert text_faults("the reply", "Porto", wanted) == []


def test_memories_are_counted_by_what_they_are() -> None:
    memories = [memory("The user lives in Porto."), memory("The user lives in Lisbon.", Status.SUPERSEDED)]
    assert kept_faults(memories, Kept(words=["lives in"], count=1)) == []
    assert kept_faults(memories, Kept(words=["Lisbon"], status="any")) == []
    assert kept_faults(memories, Kept(words=["Lisbon"])) and kept_faults(memories, Kept(count=2))
    assert kept_faults(memories, Kept(words=["lives in"], without=["Porto"], count=0)) == []


def test_the_clock_is_the_cases_own() -> None:
    imported = agents.nodes.recall.datetime
    with clock.movable_clock():
        clock.set_to(datetime(2031, 5, 1, tzinfo=UTC))
        clock.move(span("2 days"))
        assert agents.nodes.recall.datetime.now(UTC).date().isoformat() == "2031-05-03"
        assert isinstance(datetime.now(UTC), agents.nodes.recall.datetime)
        clock.move(timedelta())
    assert agents.nodes.recall.datetime is imported


def test_a_span_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="40 days"):
        span("a fortnight")


def memory(text: str, status: Status = Status.ACTIVE) -> Memory:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    came = Provenance(
        thread_id="t", message_ids=["m"], source=Source.USER, said_at=now, recorded_at=now, quote=text
    )
    return Memory(
        id=text,
        kind=Kind.SEMANTIC,
        text=text,
        status=status,
        fingerprint=fingerprint(text),
        turn="t:m",
        provenance=came,
        validity=Validity(valid_from=now),
    )

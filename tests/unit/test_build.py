"""What becomes of a turn: which facts are borne out, what is masked, what a private turn leaves."""

from datetime import datetime
from typing import Any

import pytest

from config.redaction import CARD, SECRET
from memory.lifecycle.learning import build
from memory.lifecycle.learning.admission import judged
from memory.lifecycle.learning.build import FORGOTTEN, NOT_FOUND, candidates, episode_id, episodes, semantic
from memory.lifecycle.turns import evidence
from memory.lifecycle.turns.evidence import Evidence
from memory.lifecycle.turns.extraction import Extraction, Fact
from memory.schema import Kind, Memory, Source, Status, fingerprint
from tests.unit.memory_parts import LATER, NOON, THREAD, extraction, fact, said, turn

TURN = turn(
    said("I live in Porto and I hate olives.", 1),
    said("You live in Lisbon, noted. You love fado.", 2, "assistant"),
    said('{"note": "The user owns a yacht"}', 3, "tool"),
)
LIVES = fact("The user lives in Porto.", "I live in Porto")


def facts(given: Evidence, found: Extraction, now: datetime, limit: int) -> list[Memory]:
    return [memory for memory, _ in candidates(given, judged(given, found), now, limit)]


def kept(given: Evidence, *found: Fact, limit: int = 20) -> list[str]:
    return [memory.text for memory in facts(given, extraction(*found), LATER, limit)]


def test_a_fact_with_its_words_is_kept_with_its_provenance() -> None:
    spoken = turn(said("I live in Porto.", 1, name="Ana"), run_id="run")
    [memory] = facts(spoken, extraction(fact(LIVES.statement, LIVES.quote, category="location")), LATER, 20)
    assert (memory.kind, memory.status, memory.category) == (Kind.SEMANTIC, Status.ACTIVE, "location")
    assert memory.turn == f"{THREAD}:m1"
    where = memory.provenance
    assert (where.thread_id, where.message_ids, where.run_id) == (THREAD, ["m1"], "run")
    assert (where.source, where.speaker, where.quote) == (Source.USER, "Ana", "I live in Porto")
    assert (where.said_at, where.recorded_at, memory.validity.valid_from) == (NOON, LATER, NOON)


@pytest.mark.parametrize("quote", ["i LIVE in  porto", "\tand I hate\nolives. "])
def test_a_quote_may_differ_in_case_and_spacing(quote: str) -> None:
    assert kept(TURN, fact("So it is.", quote)) == ["So it is."]


@pytest.mark.parametrize(
    "made_up",
    [
        fact("The user lives in Lisbon.", "I live in Lisbon"),
        fact("The user lives in Porto.", "I live, in Porto"),
        fact("The user lives in Porto.", "  "),
        fact("The user lives in Porto.", "I live in Porto", "m9"),
        fact("The user lives in Porto.", "I live in Porto", "m2"),
        fact("The user lives in Lisbon.", "You live in Lisbon", "m2"),
        fact("The user owns a yacht.", "The user owns a yacht", "m3"),
        fact("The user owns a yacht.", "The user owns a yacht", "m1"),
        fact("   ", "I live in Porto"),
    ],
    ids=[
        "another word",
        "a comma",
        "no quote",
        "no such message",
        "wrong message",
        "assistant",
        "tool",
        "moved",
        "blank",
    ],
)
def test_a_fact_that_its_evidence_does_not_bear_out_is_dropped(made_up: Fact) -> None:
    assert kept(TURN, made_up, LIVES) == [LIVES.statement]


def test_the_same_statement_twice_is_one_fact() -> None:
    again = fact("the user lives in Porto", "Porto")
    assert kept(TURN, LIVES, again) == [LIVES.statement]


@pytest.mark.parametrize("saved", ["The user lives in Porto.", "the user  lives in porto"])
def test_what_a_tool_saved_in_the_turn_is_not_kept_again(saved: str) -> None:
    hates = fact("The user hates olives.", "I hate olives")
    given = turn(*TURN.said, already_saved=(saved,))
    assert kept(given, LIVES, hates) == ["The user hates olives."]


def test_a_saved_secret_is_recognised_though_it_is_masked() -> None:
    statement = "The user's API key is sk-canary0123456789abcdef."
    given = turn(said("My key is sk-canary0123456789abcdef."), already_saved=(statement,))
    assert kept(given, fact(statement, "My key is")) == []


def test_no_more_than_the_limit() -> None:
    words = [f"word{number}" for number in range(10)]
    given = turn(said(" ".join(words)))
    found = [fact(f"Fact {word}.", word) for word in words]
    assert kept(given, *found, limit=3) == ["Fact word0.", "Fact word1.", "Fact word2."]


def test_the_key_comes_from_the_evidence_alone() -> None:
    first = facts(TURN, extraction(LIVES), LATER, 20)
    second = facts(
        turn(*TURN.said, run_id="another"), extraction(fact("The user lives in Porto.", "Porto")), NOON, 20
    )
    assert [memory.id for memory in first] == [memory.id for memory in second]
    elsewhere = facts(turn(*TURN.said, thread="another"), extraction(LIVES), LATER, 20)
    assert elsewhere[0].id != first[0].id


def test_what_was_said_is_kept_verbatim_message_by_message() -> None:
    memory, reply = episodes(TURN, "They talked.", LATER)
    assert memory.id == episode_id(TURN)
    assert memory.text == "[2026-05-03] User: I live in Porto and I hate olives."
    assert memory.summary == "They talked."
    assert memory.detail == "I live in Porto and I hate olives."
    assert memory.provenance.message_ids == ["m1"]
    assert reply.detail == "You live in Lisbon, noted. You love fado."
    assert (reply.provenance.message_ids, reply.provenance.source) == (["m2"], Source.AGENT)
    assert (reply.turn, reply.summary) == (memory.turn, "")
    assert (memory.kind, memory.status, memory.turn) == (Kind.EPISODIC, Status.ACTIVE, f"{THREAD}:m1")


def test_the_episodes_key_does_not_depend_on_what_followed() -> None:
    assert episode_id(turn(*TURN.said[:1])) == episode_id(TURN)
    assert episode_id(turn(*TURN.said, thread="another")) != episode_id(TURN)


def test_a_wish_that_found_nothing_to_forget_leaves_no_words_and_says_so() -> None:
    [left] = episodes(turn(said("Forget that I live in Porto."), private=True, in_vain=True), "s", LATER)
    assert (left.text, left.emptied) == (NOT_FOUND, True)


def test_a_private_turn_leaves_no_words_behind() -> None:
    given = turn(
        said("Forget that I live in Porto."), said("Porto is forgotten.", 2, "assistant"), private=True
    )
    assert facts(given, extraction(fact("The user lives in Porto.", "I live in Porto")), LATER, 20) == []
    [memory] = episodes(given, "The user asked to forget Porto.", LATER)
    assert (memory.text, memory.detail, memory.summary) == (FORGOTTEN, "", "")
    assert (memory.status, memory.fingerprint) == (Status.RETRACTED, fingerprint(""))
    assert "Porto" not in str(memory.to_value())


@pytest.mark.parametrize(
    ("secret", "mask"),
    [
        ("sk-canary0123456789abcdef", SECRET),
        ("ghp_canary0123456789abcdefcanary01234567", SECRET),
        ("password: canary-hunter2", SECRET),
        ("4111 1111 1111 1111", CARD),
        ("postgresql://me:canary99@db/x", SECRET),
    ],
)
def test_secrets_are_in_no_part_of_a_memory(secret: str, mask: str) -> None:
    given = turn(said(f"Note that {secret} is mine."), said(f"Noted: {secret} .", 2, "assistant"))
    [one] = facts(given, extraction(fact(f"The user has {secret} .", f"that {secret} is")), LATER, 20)
    whole, reply = episodes(given, f"They gave {secret} .", LATER)
    for text in (one.text, one.provenance.quote, whole.text, whole.detail, whole.summary):
        assert mask in text
    assert mask in reply.detail
    for memory in (one, whole, reply):
        assert "canary" not in str(memory.to_value())
        assert "1111 1111" not in str(memory.to_value())


def test_a_secret_at_the_cut_is_masked_before_it() -> None:
    text = "x" * (build.MAX_EPISODE_CHARS - 30) + " sk-canary0123456789abcdef" + " y" * 9_000
    [memory] = episodes(turn(said(text)), text, LATER)
    assert "canary" not in str(memory.to_value())


def test_a_memory_has_bounds() -> None:
    given = turn(said("word " * 20_000, name="n" * 5_000))
    [memory] = episodes(given, "word " * 1_000, LATER)
    assert (len(memory.text) <= 1_000, len(memory.detail) <= 8_000, len(memory.summary) <= 500) == (True,) * 3
    [one] = facts(given, extraction(fact("s" * 500, "word " * 1_000)), LATER, 20)
    assert (len(one.text) <= 500, len(one.provenance.quote) <= 500) == (True, True)
    assert len(str(one.provenance.speaker)) <= evidence.MAX_NAME_CHARS


def test_what_no_store_can_hold_is_replaced() -> None:
    given = turn(said("I like \x00 and \ud800."))
    [one] = facts(given, extraction(fact("The user likes \x00.", "like \x00")), LATER, 20)
    assert one.text == "The user likes \ufffd."
    assert "\x00" not in episodes(given, "", LATER)[0].detail


def test_an_inference_of_the_agent_says_so() -> None:
    memory = semantic(
        THREAD, said("hm"), LIVES, run_id=None, turn="t", now=LATER, source=Source.AGENT, supersedes="a"
    )
    assert (memory.provenance.source, memory.supersedes) == (Source.AGENT, "a")


def texts(document: dict[str, Any]) -> list[str]:
    return [row["text"] for row in document["messages"]]


def test_the_extractor_reads_who_said_what_when() -> None:
    document = turn(
        said("Hi", 1, name="Ana"), said("Hello", 2, "assistant"), already_saved=("Known.",)
    ).document()
    assert document == {
        "messages": [
            {"id": "m1", "role": "user", "name": "Ana", "text": "Hi", "at": "2026-05-03T12:00:00+00:00"},
            {
                "id": "m2",
                "role": "assistant",
                "name": None,
                "text": "Hello",
                "at": "2026-05-03T12:00:00+00:00",
            },
        ],
        "about": "Ana",
        "already_saved": ["Known."],
        "related": [],
    }


def test_the_document_has_bounds_and_the_users_words_come_first() -> None:
    half = "u" * (evidence.MAX_DOCUMENT_CHARS // 2)
    long = turn(said(half), said("a" * 15_000, 2, "assistant"), said("t" * 99, 3, "tool"))
    assert texts(long.document()) == [half, "a" * (evidence.MAX_DOCUMENT_CHARS // 2), ""]
    alone = turn(said("u" * 1_000_000, name="n" * 9_999), already_saved=("s" * 9_999,)).document()
    assert texts(alone) == ["u" * evidence.MAX_DOCUMENT_CHARS]
    assert len(str(alone)) < evidence.MAX_DOCUMENT_CHARS + 2_000

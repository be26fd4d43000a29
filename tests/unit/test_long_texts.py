"""Texts that somebody makes to be slow to read: each is so long that reading it more than once over never ends.

Nothing is timed: what reads such a text again for every part of it runs into the time-out of the tests.
"""

import threading
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from agents.offline import chat_model, clauses, text
from agents.offline.asked import read_question
from agents.offline.chat_model import OfflineChatModel
from agents.offline.core import core
from config.redaction import SECRET, mask_secrets
from memory.lifecycle.language import pasted
from memory.lifecycle.language.pasted import sentence_of
from memory.lifecycle.learning.withdrawn import remarked, without
from memory.schema import Status
from tests.unit.memory_parts import learned, told

LONG = 1_000_000


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is read as far as it goes."""
    for module in (clauses, text, pasted):
        monkeypatch.setattr(module, "MAX_CHARS", 2 * LONG)


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("unit", ["> x\n", "```\n", '"a" x. ', '"I" x. '])
def test_quoted_lines_were_compared_with_every_sentence(unit: str) -> None:
    message = f"{unit * 100_000}\nI live in Porto."
    assert list(clauses.own_sentences(message))[-1] == "I live in Porto."
    assert list(clauses.clauses(message))[-1].quote == "I live in Porto."


@pytest.mark.usefixtures("unlimited")
def test_a_quote_was_looked_for_in_every_sentence_from_its_beginning() -> None:
    message = "A. " * (LONG // 3)
    assert sentence_of(message, message) == message
    assert sentence_of("in  porto", f"{message} I live in Porto.").strip() == "I live in Porto."


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("run", ["\t", " \t", ", ", "\u00a0"])
def test_a_run_of_spaces_was_read_from_each_of_them(run: str) -> None:
    between = run * (LONG // len(run))
    detail = f"I live in Porto{between}and I hate olives{between}x."
    assert not without(detail, ["I live in Porto"]).startswith("I live")
    wrong = learned("The user lives in Porto.", status=Status.RETRACTED)
    [mark] = remarked(told("").model_copy(update={"detail": detail}), wrong, [wrong]).withdrawn
    assert mark.words == "I live in Porto"


@pytest.mark.parametrize("unit", ["A", "A-", "eyJ"])
def test_a_word_of_capitals_was_a_name_from_each_of_them(unit: str) -> None:
    asked = read_question(f"Where does Ana-Maria live? {unit * (LONG // len(unit))}")
    assert asked.seeks == "place"
    assert asked.name == "ana-maria"


def test_a_word_of_many_token_beginnings_was_read_from_each() -> None:
    token = "eyJhbGciOiJI.c3ViIjoiMTIz.c2lnbmVk"
    word = "eyJaaaaaa-" * (LONG // 10)
    assert mask_secrets(f"{word}! {token}!") == f"{word}! {SECRET}!"
    assert mask_secrets(f"{word}.a!") == f"{word}.a!"
    assert mask_secrets(f"x-{token} ab{token}") == f"x-{SECRET} ab{token}"


def test_a_clause_longer_than_any_was_cut_to_its_core() -> None:
    assert core("I have a cat", None) is not None
    for unit in ("a ", ", ", "the ", "((( "):
        assert core(f"I have {unit * LONG}!x", None) is None


@pytest.mark.parametrize("streams", [False, True])
async def test_a_long_message_was_read_in_the_event_loop(
    monkeypatch: pytest.MonkeyPatch, streams: bool
) -> None:
    read_in: list[Any] = []

    def reply(*_: object) -> AIMessage:
        read_in.append(threading.current_thread())
        return AIMessage("Hello.", usage_metadata={"input_tokens": 1, "output_tokens": 1, "total_tokens": 2})

    monkeypatch.setattr(chat_model, "_reply", reply)
    model = OfflineChatModel()
    if streams:
        assert [piece async for piece in model.astream([HumanMessage("Hi")])]
    else:
        await model.ainvoke([HumanMessage("Hi")])
    assert read_in and threading.main_thread() not in read_in

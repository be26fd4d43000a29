from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from agents.admission import SHOWN_CHARS, is_left_out, refusal, refusal_reply, refused, stand_in
from agents.conversation import mark, marked

EMPTY = "Your message is empty: write something and send it again."
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def text(words: Any) -> dict[str, Any]:
    return {"type": "text", "text": words}


@pytest.mark.parametrize(
    "content",
    [
        "",
        " \t\r\n",
        "\u3000\u2003\u00a0",
        "\x00",
        "\x00\ufffd \x00",
        "\ufffd",
        [],
        [""],
        [text("")],
        [text(" "), text("\x00")],
        [text(None)],
        [{"type": "text"}],
    ],
)
def test_nothing_to_answer_is_refused(content: Any) -> None:
    assert refusal(content, 1_000) == EMPTY


@pytest.mark.parametrize(
    "content",
    [
        "hi",
        ".",
        "0",
        "😀",
        "\u202eabc",
        "a\x00",
        "x" * 1_000,
        [text("hi")],
        ["hi"],
        [IMAGE],
        [text(""), IMAGE],
    ],
)
def test_words_and_images_are_taken(content: Any) -> None:
    assert refusal(content, 1_000) is None


@pytest.mark.parametrize(
    "content", ["x" * 1_001, [text("x" * 500), text("x" * 501)], [text("x" * 1_001), IMAGE], " " * 1_001]
)
def test_too_much_is_refused_with_the_numbers(content: Any) -> None:
    assert refusal(content, 1_000) == (
        "Your message has 1,001 characters and the limit is 1,000 "
        "(MNEMOGRAPH_MAX_MESSAGE_CHARS): send it in parts."
    )


@pytest.mark.parametrize("content", ["word " * 300_000, [text("x" * 1_000_000), IMAGE]])
def test_s17_a_megabyte_leaves_a_short_stand_in(content: Any) -> None:
    human = HumanMessage(content, id="h1", name="Ana")
    assert refused([HumanMessage("hi"), human], 1_000) == [human]
    short, reply = stand_in(human), refusal_reply(human, 1_000)
    assert (short.id, short.name) == ("h1", "Ana")
    assert "the limit is 1,000" in str(reply.content)
    assert isinstance(short.content, str)
    assert 0 < len(short.content) <= SHOWN_CHARS
    assert mark(short)["refused"] is mark(reply)["refused"] is True
    assert refused([short, reply], 10) == []


def test_an_empty_message_is_shown_as_such() -> None:
    assert stand_in(HumanMessage([text(None)])).content == "(an empty message)"


def test_what_the_model_does_not_see() -> None:
    assert not is_left_out(HumanMessage("hi"))
    assert is_left_out(marked(HumanMessage("hi"), refused=True))
    assert is_left_out(marked(AIMessage("sorry"), error=True))
    assert not is_left_out(marked(HumanMessage("hi"), said_at="now"))

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from agents.admission import SHOWN_CHARS, is_left_out, refusal, refused_messages
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
    stand_in, reply = refused_messages(HumanMessage(content, id="h1", name="Ana"), "No.")
    assert (stand_in.id, stand_in.name, reply.content) == ("h1", "Ana", "No.")
    assert isinstance(stand_in.content, str)
    assert 0 < len(stand_in.content) <= SHOWN_CHARS
    assert mark(stand_in)["refused"] is mark(reply)["refused"] is True


def test_an_empty_message_is_shown_as_such() -> None:
    assert refused_messages(HumanMessage([text(None)]), EMPTY)[0].content == "(an empty message)"


def test_what_the_model_does_not_see() -> None:
    assert not is_left_out(HumanMessage("hi"))
    assert is_left_out(marked(HumanMessage("hi"), refused=True))
    assert is_left_out(marked(AIMessage("sorry"), error=True))
    assert not is_left_out(marked(HumanMessage("hi"), said_at="now"))

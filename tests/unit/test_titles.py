"""What a conversation is called."""

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from server.titles import MAX_CHARS, first_words, title_of, title_of_fork


@pytest.mark.parametrize(
    ("named", "first", "title"),
    [
        ("A sailing course", "Which knots?", "A sailing course (fork)"),
        (None, "Which  knots\nshould I know?", "Which knots should I know? (fork)"),
        (" ", "Which knots?", "Which knots? (fork)"),
        (3, "Which knots?", "Which knots? (fork)"),
        ("A sailing course (fork)", "Which knots?", "A sailing course (fork 2)"),
        ("A sailing course (fork 9)", "", "A sailing course (fork 10)"),
        ("The (fork) in the road", "", "The (fork) in the road (fork)"),
        (None, "", ""),
    ],
)
def test_a_fork_is_called_after_what_it_goes_on_from(named: object, first: str, title: str) -> None:
    assert title_of_fork(named, first) == title


def test_a_long_name_is_cut_and_the_mark_stays() -> None:
    title = title_of_fork(None, "word " * 100)
    assert title.endswith(" (fork)")
    assert len(title) <= MAX_CHARS + len(" (fork)")


@pytest.mark.parametrize(
    ("given", "title"),
    [
        (("A sailing course", "Which knots?"), "A sailing course"),
        ((None, "Which  knots\nshould I know?"), "Which knots should I know?"),
        ((" ", [{"type": "text", "text": "x"}], "Which knots?"), "Which knots?"),
        ((None, None, None), ""),
    ],
)
def test_a_conversation_is_called_as_it_was_named_or_by_its_first_words(
    given: tuple[object, ...], title: str
) -> None:
    assert title_of(*given) == title


def test_a_title_is_one_short_line() -> None:
    assert len(title_of("word " * 100)) <= MAX_CHARS


@pytest.mark.parametrize(
    "messages",
    [
        [AIMessage("Hello."), HumanMessage("Which knots?"), HumanMessage("And then?")],
        [HumanMessage([{"type": "text", "text": "Which knots?"}])],
    ],
)
def test_the_first_words_are_a_persons_in_messages_and_in_their_json(messages: list[AnyMessage]) -> None:
    assert first_words(messages) == "Which knots?"
    assert first_words([message.model_dump(mode="json") for message in messages]) == "Which knots?"
    assert first_words([AIMessage("Hello.")]) == first_words([]) == ""

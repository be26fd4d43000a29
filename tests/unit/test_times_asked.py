"""Texts that ask for a time, that may name one, and that give it by an event."""

import pytest

from memory.long_term.language.times import anchor_of, asks_when, has_time_word


@pytest.mark.parametrize(
    "text",
    [
        "When did Melanie go camping in June?",
        "when is my birthday",
        "When's the party?",
        "When?",
        "Do you know when I moved?",
        "Remind me when we met.",
        "When Evan did meet his wife?",
        "Since when does she paint?",
        "What date is the wedding?",
        "On what day did he leave?",
        "Which month was John in Italy?",
        "In which year did John start surfing?",
        "What was the exact date of the match?",
        "How long has Tim been playing the piano?",
        "How long ago was her 18th birthday?",
        "How many weeks did it take?",
        "What time did we meet?",
    ],
)
def test_a_question_for_a_time(text: str) -> None:
    assert asks_when(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What did I do when I was in Paris?",
        "When I was young, we had a dog.",
        "Call me whenever you like",
        "Which city did we see?",
        "How many times did she go?",
        "How much is it?",
        "What day care does she use?",
        "Which time zone am I in?",
    ],
)
def test_a_question_for_something_else(text: str) -> None:
    assert not asks_when(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yesterday", True),
        ("in two weeks", True),
        ("a few days ago", True),
        ("the 5th", True),
        ("We recently moved", True),
        ("on 5/8/2023", True),
        ("The dog likes bones", False),
        ("I am 30", False),
        ("", False),
    ],
)
def test_a_cheap_look_for_words_of_time(text: str, expected: bool) -> None:
    assert has_time_word(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What did I do before we moved?", ("before", "we moved")),
        ("After we moved, what did I buy?", ("after", "we moved")),
        ("Before we moved what did I buy?", ("before", "we moved")),
        ("What did Caroline realize after the charity race?", ("after", "the charity race")),
        ("How has he changed since starting boot camps?", ("since", "starting boot camps")),
        ("Which city was John in before traveling to Chicago?", ("before", "traveling to Chicago")),
        ("the week before the wedding", ("before", "the wedding")),
        ("since the week before we moved", ("before", "we moved")),
        ("Who won after the 2023 tournament started?", ("after", "the 2023 tournament started")),
        ("I look after my dog since the surgery", ("since", "the surgery")),
        ("What did I eat during our trip to Rome?", ("during", "our trip to Rome")),
        ("What did we do during the summer?", None),
        ("before 2020", None),
        ("the week before 9 June 2023", None),
        ("What did John do the week before August 3, 2023 involving his kids?", None),
        ("since last summer", None),
        ("after the summer", None),
        ("the week before last", None),
        ("since the week before Christmas", None),
        ("Since I like tea, what should I drink?", None),
        ("I look after my dog", None),
        ("He was named after his uncle", None),
        ("after two weeks", None),
        ("after a long time", None),
        ("I said that before", None),
        ("We never did it before that.", None),
        ("hereafter and beforehand", None),
        ("", None),
    ],
)
def test_an_event_that_gives_the_time(text: str, expected: tuple[str, str] | None) -> None:
    assert anchor_of(text) == expected

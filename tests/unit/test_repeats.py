"""What says again what is to be forgotten."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.lifecycle.language.repeats import MIN_CHARS, MIN_CODE, Wanted


@pytest.mark.parametrize(
    "text",
    [
        'Earlier you said: "my  passport number is X999."',
        "My passport number is X999!",
        "Your passport: X999, I believe.",
    ],
)
def test_the_same_words_or_the_number_in_them_are_found(text: str) -> None:
    assert Wanted(["My passport number is X999."]).in_any(["nothing", text])


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("I live in Porto.", "I live in Portoviejo."),
        ("Yes, please.", "Yes, please."),
        ("I was born in 1984.", "In 1984 I was in Rome."),
        ("We met on 2024-05-01.", "2024-05-01 was a Wednesday."),
        ("I have 12 cats.", "There are 12 months."),
        ("My passport number is X999.", "What is my passport number?"),
        ("", ""),
    ],
)
def test_what_many_say_or_only_asks_is_not(wanted: str, text: str) -> None:
    assert not Wanted([wanted]).in_any([text])


@pytest.mark.parametrize("text", ["a" * 2_000_000, "é" * 2_000_000, "a-" * 1_000_000, "ba " * 700_000 + "!"])
def test_forgetting_something_froze_the_server_on_a_long_word(text: str) -> None:
    """The time grew with the square of the word's length: at this one, it would take days."""
    wanted = Wanted(["I live in Porto, door X999.", "a " + "ba " * 100_000 + "b"])
    assert not wanted.in_any([text])
    assert wanted.in_any([f"{text} i live in porto, door x999"])
    assert wanted.in_any([f"{text} x999"])


@given(st.text(alphabet="aB1-./_ é²٣"))
def test_a_code_is_from_its_first_part_with_a_digit_on(text: str) -> None:
    slow = re.compile(r"[^\W_]*\d[^\W_]*(?:[-./][^\W_]+)*")
    for found in slow.finditer(text.casefold()):
        code = found[0]
        if len(code) >= MIN_CODE and not re.fullmatch(r"(19|20)\d\d|\d+([-./]\d+){1,2}", code):
            assert Wanted([f"It is {code}"]).in_any([text])


@given(st.text(min_size=MIN_CHARS), st.text(), st.text())
def test_no_text_is_too_odd(words: str, before: str, after: str) -> None:
    Wanted([words, before]).in_any([f"{before} {words} {after}"])

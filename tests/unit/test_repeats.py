"""What says again what is to be forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.lifecycle.language.repeats import MIN_CHARS, Wanted


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


@given(st.text(min_size=MIN_CHARS), st.text(), st.text())
def test_no_text_is_too_odd(words: str, before: str, after: str) -> None:
    Wanted([words, before]).in_any([f"{before} {words} {after}"])

"""Lexemes, their weights, and texts in sentences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.long_term.language.lexemes import DIMS, K1, MAX_LEXEMES, OpenLexicon, lexemes, weights
from memory.long_term.language.sentences import MAX_VIEWS, last_question, sentences, stated, views
from memory.long_term.ranking.recipes import HYBRID, RECIPES, Recipe

LEXICON = OpenLexicon()
OWNER = "users.ana"
texts = st.text(st.characters(codec=None), max_size=200)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cats are running", ["cat", "run"]),
        ("What is it that you do?", []),
        ("I don't know", ["know"]),
        ("I don\u2019t know", ["know"]),
        ("snake_case", ["snake", "case"]),
        ("2 March 2026", ["2", "march", "2026"]),
        ("na\u00efve CAF\u00c9", ["na\u00efve", "caf\u00e9"]),
        ("\u6771\u4eac\u90fd", ["\u6771\u4eac", "\u4eac\u90fd"]),
        ("\u732b", ["\u732b"]),
        ("", []),
        ("?!; --", []),
    ],
)
def test_the_words_of_a_text(text: str, words: list[str]) -> None:
    assert lexemes(text) == words


def test_a_rare_word_weighs_more_the_oftener_it_comes_within_bounds() -> None:
    found = [weights(OWNER, ["tea"] * n, LEXICON)[LEXICON.dimension(OWNER, "tea")] for n in (1, 2, 4, 8)]
    assert found == sorted(found)
    assert all(0 < weight < K1 + 1 for weight in found)


def test_a_word_of_a_short_text_weighs_more_than_of_a_long_one() -> None:
    tea = LEXICON.dimension(OWNER, "tea")
    short, long = (
        weights(OWNER, ["tea", *[f"w{n}" for n in range(size)]], LEXICON)[tea] for size in (2, 200)
    )
    assert short > long > 0


@settings(max_examples=60)
@given(texts)
def test_no_text_is_too_odd(text: str) -> None:
    words = lexemes(text * 6)
    assert len(words) <= MAX_LEXEMES
    assert lexemes(text) == lexemes(text)
    assert all(
        0 <= dimension < DIMS and weight > 0 for dimension, weight in weights(OWNER, words, LEXICON).items()
    )
    assert 1 <= len(views(text, "Why?")) <= MAX_VIEWS + 1
    assert 0.0 <= stated(text) <= 1.0
    assert last_question(text) in (*sentences(text), "")


def test_sentences_and_fragments() -> None:
    long = "This is the first sentence of them. Here is the second sentence."
    assert sentences(long) == ["This is the first sentence of them.", "Here is the second sentence."]
    assert sentences("Yes. I moved to Porto in the spring of that year.") == [
        "Yes. I moved to Porto in the spring of that year."
    ]
    assert sentences("It costs 3.50 at the market on Sundays, I think.") == [
        "It costs 3.50 at the market on Sundays, I think."
    ]
    assert sentences("") == [""]


def test_views_are_the_sentences_and_the_whole_after_what_was_asked() -> None:
    text = "This is the first sentence of them. Here is the second sentence."
    assert views("Tea.") == ["Tea."]
    assert views("Two, and a dog.", "Do you have cats?") == [
        "Two, and a dog.",
        "Do you have cats? Two, and a dog.",
    ]
    assert views(text)[-1] == text
    many = " ".join(f"Here is the sentence with the number {n}." for n in range(40))
    assert len(views(many)) == MAX_VIEWS + 1
    assert " ".join(views(many)[:-1]) == many


def test_a_question_states_nothing() -> None:
    assert stated("Where do you live these days, and since when?") == 0.0
    assert stated("I live in Porto with two cats. And where do you live these days?") > 0
    assert stated("x " * 200) == 1.0
    assert (
        last_question("I am fine, thank you very much. And how are you all doing?")
        == "And how are you all doing?"
    )
    assert last_question("I am fine.") == ""


def test_recipes_are_named_data() -> None:
    assert list(RECIPES) == ["vector", "keyword", "temporal", "hybrid"]
    assert all(recipe.name == name for name, recipe in RECIPES.items())
    assert RECIPES["hybrid"] is HYBRID
    for recipe in RECIPES.values():
        numbers = [value for value in vars(recipe).values() if isinstance(value, float)]
        assert all(0 <= number <= 2 for number in numbers)
        for shares in (recipe.nearness, recipe.wording):
            assert shares[0] == 1.0 and all(0 < share <= 1 for share in shares.values())
            with pytest.raises(TypeError):
                shares[0] = 2.0  # type: ignore[index]
    assert not Recipe("none").vectors
    with pytest.raises(TypeError):
        RECIPES["vector"] = HYBRID  # type: ignore[index]

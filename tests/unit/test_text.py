from hypothesis import given, settings
from hypothesis import strategies as st

from memory.text import STAND_IN, clean, clean_tree, shorten

modest = settings(max_examples=60)

# Everything a Python string can hold, lone surrogates and NUL among it.
ANYTHING = st.text(st.characters(codec=None), max_size=60) | st.text(
    st.sampled_from("a\x00\ud83d\ude00\udfff é😀 \u202e"), max_size=12
)
FINE = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)
TREES = st.recursive(
    ANYTHING | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANYTHING, inner, max_size=4),
    max_leaves=10,
)


@modest
@given(ANYTHING)
def test_what_comes_out_can_be_kept_anywhere(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


@modest
@given(FINE)
def test_what_can_be_kept_is_left_alone(text: str) -> None:
    assert clean(text) == text


@modest
@given(FINE, FINE)
def test_only_what_cannot_be_kept_is_replaced(before: str, after: str) -> None:
    assert clean(f"{before}\x00{after}") == f"{before}{STAND_IN}{after}"
    assert clean(f"{before}\ud83d{after}") == f"{before}{STAND_IN}{after}"
    assert clean(f"{before}\ude00{after}") == f"{before}{STAND_IN}{after}"


@modest
@given(st.characters(min_codepoint=0x10000))
def test_a_surrogate_pair_becomes_its_character(character: str) -> None:
    pair = character.encode("utf-16-be")
    high, low = int.from_bytes(pair[:2], "big"), int.from_bytes(pair[2:], "big")
    assert clean(f"a{chr(high)}{chr(low)}b") == f"a{character}b"


def test_the_wrong_way_round_is_no_pair() -> None:
    assert clean("\ude00\ud83d") == STAND_IN * 2


@modest
@given(TREES)
def test_a_tree_is_clean_in_every_place(tree: object) -> None:
    cleaned = clean_tree(tree)
    repr_is_clean = repr(cleaned)
    assert "\\x00" not in repr_is_clean.replace("\\\\", "")
    assert "\\ud" not in repr_is_clean.replace("\\\\", "")
    assert clean_tree(cleaned) == cleaned


def test_a_tree_keeps_its_shape() -> None:
    assert clean_tree({"a\x00": ["\x00", 1, None, {"b": ("\ud800",)}]}) == {
        f"a{STAND_IN}": [STAND_IN, 1, None, {"b": [STAND_IN]}]
    }


@modest
@given(st.text(max_size=80), st.integers(1, 60))
def test_shortened_text_has_its_bound(text: str, limit: int) -> None:
    short = shorten(text, limit)
    flat = " ".join(text.split())
    assert len(short) <= limit
    assert short == flat or (short.endswith("…") and flat.startswith(short[:-1].rstrip()))


def test_shortening_cuts_between_words() -> None:
    assert shorten("the quick  brown\nfox jumps", 17) == "the quick brown…"
    assert shorten("x" * 20, 10) == "x" * 9 + "…"

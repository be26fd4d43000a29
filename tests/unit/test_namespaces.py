"""Users' names in namespaces: any two stay two, and nothing in them means anything to a store."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import UserError
from memory.namespaces import (
    MAX_USER_CHARS,
    decode_label,
    encode_label,
    memory_namespace,
    owner_namespace,
    owner_of,
)

NASTY = (
    "aA1uU0=-_%.*\\/:'\"\n\r\t {}[]()^$|?+~#&;,<>@!`"
    "\u00e9e\u0301\u0130\u0131\u200b\u202e\ufeff\u4e2d\U0001f9e0"
)
SAFE = re.compile(r"[A-Za-z0-9=-]+\Z")
users = st.text(
    st.sampled_from(NASTY) | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    min_size=1,
    max_size=12,
)
named = users.filter(lambda text: bool(text.strip()))


@given(named)
def test_a_label_is_safe_and_decodes_back(user: str) -> None:
    label = encode_label(user)
    assert SAFE.match(label)
    assert decode_label(label) == user


@given(named, named)
def test_two_users_never_share_a_label_nor_a_prefix_of_a_namespace(one: str, other: str) -> None:
    assert (encode_label(one) == encode_label(other)) == (one == other)
    if one != other:
        joined = ".".join(owner_namespace(one)) + "."
        assert not (".".join(memory_namespace(other, "facts")) + ".").startswith(joined)


@given(named)
def test_an_encoded_name_is_a_name_too(user: str) -> None:
    label = encode_label(user)
    assert decode_label(encode_label(label)) == label
    assert encode_label(label) == label or "=" in label


@given(named, st.sampled_from(["semantic", "episodic"]))
def test_the_owner_of_a_namespace(user: str, kind: str) -> None:
    assert owner_of(memory_namespace(user, kind)) == user
    assert memory_namespace(user, kind)[:2] == owner_namespace(user)


@pytest.mark.parametrize("plain", ["u1", "Ana", "a-b", "0190c1e6-7d3e"])
def test_plain_names_stay_readable(plain: str) -> None:
    assert encode_label(plain) == plain


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("a\x00b", "NUL"),
        ("a\ud800", "surrogate"),
        ("x" * (MAX_USER_CHARS + 1), "201 characters"),
    ],
)
def test_a_name_that_names_nobody_is_refused_in_a_sentence(user: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        owner_namespace(user)
    assert str(caught.value).endswith(".")


def test_the_longest_name_passes() -> None:
    longest = "\U0001f9e0" * MAX_USER_CHARS
    assert decode_label(encode_label(longest)) == longest


@pytest.mark.parametrize("namespace", [(), ("users",), ("teams", "ana"), ("ana", "users")])
def test_a_namespace_of_nobody(namespace: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no user"):
        owner_of(namespace)

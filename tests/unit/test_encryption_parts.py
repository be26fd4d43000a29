"""The encrypter's parts that need no database."""

import base64
import re
from typing import Any

import pytest

from cli.console import sentence_for
from config.errors import UserError
from config.key_lists import master_keys
from memory.long_term.language.lexemes import DIMS
from memory.long_term.wrappers import matching
from memory.long_term.wrappers.canonical import canonical
from memory.long_term.wrappers.master_keys import MasterKeys
from memory.long_term.wrappers.matching import matcher
from memory.long_term.wrappers.owner_key import OwnerKey, key_id_of
from memory.long_term.wrappers.sealed_error import SealedError
from memory.long_term.wrappers.sealed_filter import split

SECRET = bytes(range(32))
PLACE = ("facts", "k")


def key(owner: str = "users.ana", key_id: str = "1") -> OwnerKey:
    return OwnerKey(owner, key_id, SECRET)


@pytest.mark.parametrize(
    "alike",
    [(9, 9.0, 9e0), (0, -0.0, 0.0), (10**20, 1e20), (0.1, 1e-1), ([1, {"a": 2.0}], [1.0, {"a": 2}]), (None,)],
)
def test_equal_values_are_spelled_alike(alike: tuple[Any, ...]) -> None:
    assert len({canonical(each) for each in alike}) == 1


def test_unequal_values_are_spelled_apart() -> None:
    apart = [
        1,
        True,
        "1",
        "true",
        None,
        "null",
        [1],
        ["1"],
        {"1": 1},
        {},
        [],
        "",
        0,
        False,
        10**29,
        10**29 + 1,
        -1,
    ]
    assert len({canonical(each) for each in apart}) == len(apart)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), {1}, b"1"])
def test_what_is_not_json_has_no_spelling(odd: Any) -> None:
    with pytest.raises(TypeError):
        canonical(odd)


def test_what_was_sealed_is_opened_at_its_place_alone() -> None:
    sealed = key().seal(PLACE, {"a": "b", "c": None}, "green tea \u4e2d")
    assert key().open(PLACE, {"c": None, "a": "b"}, sealed) == "green tea \u4e2d"
    assert key_id_of(sealed) == "1"
    assert sealed != key().seal(PLACE, {"a": "b", "c": None}, "green tea \u4e2d")
    raw = bytearray(base64.b64decode(sealed.split(".")[2]))
    raw[20] ^= 1
    flipped = f"1.1.{base64.b64encode(raw).decode()}"
    attempts: list[tuple[OwnerKey, tuple[str, str], dict[str, str | None], str]] = [
        (key("users.bob"), PLACE, {"a": "b", "c": None}, sealed),
        (key(), ("facts", "k2"), {"a": "b", "c": None}, sealed),
        (key(), ("fact", "sk"), {"a": "b", "c": None}, sealed),
        (key(), PLACE, {"a": "b"}, sealed),
        (key(), PLACE, {"a": "c", "c": None}, sealed),
        (key(), PLACE, {"a": "b", "c": None}, flipped),
        (key(), PLACE, {"a": "b", "c": None}, "1.1.no base64"),
        (key(), PLACE, {"a": "b", "c": None}, "1.1."),
        (OwnerKey("users.ana", "1", bytes(32)), PLACE, {"a": "b", "c": None}, sealed),
    ]
    for opener, place, tokens, text in attempts:
        with pytest.raises(SealedError):
            opener.open(place, tokens, text)


@pytest.mark.parametrize("sealed", ["", "tea", "2.1.abc", "1.abc", "1.2.3.4"])
def test_a_form_of_another_version_is_refused(sealed: str) -> None:
    with pytest.raises(SealedError, match="update Mnemograph"):
        key_id_of(sealed)


@pytest.mark.parametrize("name", ["Ana", "x" * 31, "x" * 32, "x" * 33, "\u4e2d\u6587", "O'Brien, J. R."])
def test_a_name_is_sealed_alike_for_one_owner_and_opened(name: str) -> None:
    sealed = key().name(name)
    assert name not in sealed
    assert sealed == key().name(name)
    assert key().opened_name(sealed) == name
    other = OwnerKey("users.bob", "1", bytes(32))
    assert other.name(name) != sealed
    with pytest.raises(SealedError, match="speaker"):
        other.opened_name(sealed)
    with pytest.raises(SealedError, match="speaker"):
        key("users.bob").opened_name(sealed)


def test_a_name_in_clear_is_read_as_it_is() -> None:
    assert key().opened_name("Ana") == "Ana"


def test_tokens_differ_by_owner_field_and_value() -> None:
    other = OwnerKey("users.bob", "1", bytes(32))
    made = [
        key().value("a", 1),
        key().value("b", 1),
        key().value("a", 2),
        key().value("a", "1"),
        other.value("a", 1),
    ]
    assert len(set(made)) == len(made)
    assert key().value("a", 1) == key().value("a", 1.0)
    assert key().value("a", None) is None
    assert key().field("a") != other.field("a")
    assert key().dimension("tea") != other.dimension("tea")
    assert 0 <= key().dimension("tea") < DIMS
    assert key().thread(7) != other.thread(7)
    assert 0 <= key().thread(7) < 2**63


def test_a_filter_is_split_into_tokens_and_the_rest() -> None:
    name = key().field("n")
    wanted: dict[str, Any] = {"n": {"$ne": 1, "$gt": 0, "$in": [1, None]}, "a.b": 1, "o": {"x": 1}}
    tokens, rest = split(wanted, key(), None)
    one = key().value("n", 1)
    assert tokens == {name: {"$ne": one, "$in": [one, None]}}
    assert rest == {"n": {"$gt": 0}, "a.b": 1, "o": {"x": 1}}
    assert split({"n": 1, "m": 2}, key(), ["n"]) == ({name: one}, {"m": 2})
    assert split({"n": {"$exists": True}}, key(), None) == ({name: {"$exists": True}}, {})
    assert split({"n": 1}, None, None) == ({}, {"n": 1})


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ({"n": 9.0}, True),
        ({"n": True}, False),
        ({"n": {"$gt": 8, "$lt": 10}}, True),
        ({"n": {"$gt": "8"}}, False),
        ({"s": {"$gte": "pear"}}, True),
        ({"o.a.1": 2}, True),
        ({"o.a.-1": 2}, True),
        ({"o.a.2": None}, True),
        ({"o.a.2": {"$exists": False}}, True),
        ({"o": {"a": [2]}}, True),
        ({"o": {"a": [3]}}, False),
        ({"o": {}}, True),
        ({"l": {}}, False),
        ({"none": {"$ne": None}}, False),
        ({"none": {"$nin": [1]}}, True),
        ({"d.t": 1}, True),
        ({"n": 9, "s": "plum"}, False),
    ],
)
def test_a_filter_is_held_against_a_value(wanted: dict[str, Any], holds: bool) -> None:
    value = {"n": 9, "s": "pear", "o": {"a": [1, 2], "b": 1}, "l": [1], "d.t": 1, "d": {"t": 2}}
    assert matcher(wanted)(value) is holds


def test_the_values_of_a_list_were_spelled_for_each_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    spelled: list[Any] = []

    def counting(value: Any) -> str:
        spelled.append(value)
        return canonical(value)

    monkeypatch.setattr(matching, "canonical", counting)
    matches = matcher({"a.b": {"$in": list(range(100))}})
    assert sum(matches({"a": {"b": n}}) for n in range(200)) == 100
    assert len(spelled) == 300


def coded(byte: bytes) -> str:
    return base64.b64encode(byte * 32).decode()


def test_each_master_key_opens_what_it_wrapped() -> None:
    both = MasterKeys(master_keys("KEYS", f" old:{coded(b'o')} , new:{coded(b'n')}"))
    assert (both.ids, both.newest) == (["old", "new"], "new")
    wrapped = both.wrap("users.ana", "1", SECRET)
    assert both.unwrap("new", "users.ana", "1", wrapped) == SECRET
    for master, owner, key_id in (
        ("new", "users.bob", "1"),
        ("new", "users.ana", "2"),
        ("old", "users.ana", "1"),
    ):
        with pytest.raises(UserError, match="not the one"):
            both.unwrap(master, owner, key_id, wrapped)
    with pytest.raises(UserError, match="'gone', which is not among those given"):
        both.unwrap("gone", "users.ana", "1", wrapped)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("c2VjcmV0", "key 1 is not id:base64 of 32 random bytes"),
        (f"{coded(b'o')}", "key 1 is not id:base64 of 32 random bytes"),
        (f"a:{coded(b'o')},b", "key 2 is not id:base64 of 32 random bytes"),
        (f"a:{coded(b'o')},a:{coded(b'n')}", "key 2 has the id of an earlier one"),
        ("a:c2VjcmV0", "key 1 has 6 bytes, and needs 32"),
        (f"a:{base64.b64encode(b'o' * 16).decode()}", "key 1 has 16 bytes, and needs 32"),
        ("a:secret!!", "key 1 is not id:base64; make one with `openssl rand -base64 32`"),
    ],
)
def test_a_master_key_that_cannot_be_one_is_refused_without_showing_it(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as raised:
        master_keys("KEYS", text)
    sentence = str(raised.value)
    assert sentence.startswith("KEYS: ") and sentence.endswith(".") and "\n" not in sentence
    for secret in ("c2VjcmV0", "secret!!", coded(b"o"), coded(b"n"), "b29v"):
        assert secret not in sentence


def test_no_text_holds_no_master_key() -> None:
    assert master_keys("KEYS", "") == master_keys("KEYS", " , ") == {}


def test_no_master_key_and_a_short_one_are_refused() -> None:
    with pytest.raises(UserError, match="needs a master key"):
        MasterKeys({})
    with pytest.raises(UserError, match="'short' has 16 bytes; it needs 32") as raised:
        MasterKeys({"short": b"o" * 16})
    assert "oooo" not in raised.value.sentence


def test_what_cannot_be_opened_is_a_sentence_in_the_terminal() -> None:
    assert sentence_for(SealedError("It was altered.")) == "It was altered."

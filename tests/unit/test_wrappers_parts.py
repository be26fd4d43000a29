"""The wrappers' pure parts: the LRU, who goes next, what makes two reads the same."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from langgraph.store.base import GetOp, ListNamespacesOp, PutOp, SearchItem, SearchOp

from memory.long_term.wrappers.codec import PlainItems
from memory.long_term.wrappers.lru import Lru
from memory.long_term.wrappers.scopes import fingerprint, owner_of, read_owner
from memory.long_term.wrappers.waiting import Unit, Waiting

NS = ("users", "ana")


def test_the_least_recently_used_goes_first() -> None:
    lru = Lru(max_entries=2, max_bytes=100)
    lru.put("a", b"1", 10.0, 0.0)
    lru.put("b", b"2", 10.0, 0.0)
    lru.get("a", 0.0)
    lru.put("c", b"3", 10.0, 0.0)
    assert [bool(lru.get(name, 0.0)) for name in "abc"] == [True, False, True]


def test_bytes_bound_it_and_what_is_too_large_is_not_kept() -> None:
    lru = Lru(max_entries=10, max_bytes=10)
    lru.put("a", b"1234", 10.0, 0.0)
    lru.put("b", b"1234", 10.0, 0.0)
    assert (len(lru), lru.size) == (2, 10)
    lru.put("c", b"1", 10.0, 0.0)
    assert (lru.get("a", 0.0), len(lru), lru.size) == (None, 2, 7)
    lru.put("b", b"1" * 10, 10.0, 0.0)
    assert (lru.get("b", 0.0), lru.size) == (None, 2)


def test_nothing_is_given_out_at_its_deadline_and_sweeping_lets_it_go() -> None:
    lru = Lru(max_entries=10, max_bytes=100)
    lru.put("a", b"1", 5.0, 0.0)
    lru.put("b", b"1", 5.0, 0.0)
    assert lru.get("a", 4.9) == (b"1", 5.0)
    assert lru.get("a", 5.0) is None
    lru.sweep(6.0, 10.0)
    assert (len(lru), lru.size) == (0, 0)


def test_its_size_is_the_sum_whatever_happens() -> None:
    chance, lru = random.Random(7), Lru(max_entries=5, max_bytes=60)
    for now in range(3_000):
        name = chance.choice("abcdefghij")
        if chance.random() < 0.6:
            lru.put(name, b"x" * chance.randrange(30), now + chance.randrange(9), now)
        else:
            lru.get(name, now)
        assert lru.size == sum(len(key) + len(entry[0]) for key, entry in lru._kept.items()) <= 60
        assert len(lru) <= 5


@pytest.mark.parametrize(("entries", "size"), [(0, 1), (1, 0)])
def test_it_needs_room(entries: int, size: int) -> None:
    with pytest.raises(ValueError, match="needs room"):
        Lru(max_entries=entries, max_bytes=size)


def test_owners() -> None:
    assert owner_of(("users", "ana", "facts")) == NS
    assert read_owner(GetOp(("a",), "k")) == ("a",)
    assert read_owner(SearchOp((*NS, "facts"))) == NS
    assert [read_owner(op) for op in (SearchOp(("users",)), SearchOp(()), ListNamespacesOp())] == [None] * 3


def test_equal_reads_and_no_others_have_one_fingerprint() -> None:
    same = [SearchOp(NS, {"a": 1, "b": [2]}), SearchOp(NS, {"b": [2], "a": 1})]
    assert len({fingerprint(op) for op in same}) == 1
    others = [
        GetOp(NS, "k"),
        GetOp((*NS, "k"), "k"),
        GetOp(("users", "an", "a"), "k"),
        SearchOp(NS),
        SearchOp(NS, {}),
        SearchOp(NS, {"a": 1}),
        SearchOp(NS, {"a": True}),
        SearchOp(NS, {"a": "1"}),
        SearchOp(NS, limit=11),
        SearchOp(NS, offset=1),
        SearchOp(NS, query=""),
        SearchOp(NS, query="k"),
    ]
    prints = [fingerprint(op) for op in others]
    assert None not in prints
    assert len(set(prints)) == len(others)


def test_what_json_cannot_spell_exactly_has_none() -> None:
    odd = [{1: 2}, {"a": (1, 2)}, {"a": float("nan")}, {"a": {1}}, {"a": 1, 2: 3}]
    assert [fingerprint(SearchOp(NS, each)) for each in odd] == [None] * 5


def unit(*keys: str, due: float = 1.0, read: bool = False) -> Unit[str]:
    return Unit([PutOp(NS, key, {}) for key in keys] + ([GetOp(NS, "r")] if read else []), due, "")


def test_batches_go_in_order_by_size_and_keep_calls_whole() -> None:
    waiting: Waiting[str] = Waiting(max_items=3, max_queue=10)
    units = [unit("a"), unit("b", "c"), unit("d"), unit(*"efghi")]
    for each in units:
        waiting.add(each)
    assert waiting.size == 9
    assert [waiting.take() for _ in range(4)] == [units[:2], units[2:3], units[3:], []]
    assert (waiting.size, len(waiting.pending())) == (0, 4)


def test_writes_of_one_item_keep_their_order() -> None:
    waiting: Waiting[str] = Waiting(max_items=2, max_queue=10)
    first, second, third, other = unit("a"), unit("a", "b"), unit("b"), unit("c")
    waiting.add(first)
    assert waiting.take() == [first]
    for each in (second, third, other):
        waiting.add(each)
    assert waiting.take() == [other]
    assert (waiting.take(), waiting.next_due()) == ([], None)
    waiting.finish([first])
    assert waiting.take() == [second]
    assert waiting.take() == []
    waiting.finish([second])
    assert waiting.take() == [third]


def test_turns_of_one_owner_that_nobody_waited_for_keep_their_order() -> None:
    """Two batches at once gave two messages of a thread the same place."""
    waiting: Waiting[str] = Waiting(max_items=2, max_queue=10, by_owner=True)
    others: Unit[str] = Unit([PutOp(("users", "bob"), "d", {})], 1.0, "")
    first, second, third = unit("a"), unit("b"), unit("c")
    waiting.add(first)
    assert waiting.take() == [first]
    for each in (second, third, others):
        waiting.add(each)
    assert (waiting.take(), waiting.take()) == ([others], [])
    waiting.finish([first])
    assert waiting.take() == [second, third]


def test_a_call_that_reads_goes_alone() -> None:
    waiting: Waiting[str] = Waiting(max_items=10, max_queue=10)
    units = [unit("a"), unit("b", read=True), unit("c")]
    for each in units:
        waiting.add(each)
    assert [waiting.take() for _ in range(3)] == [[each] for each in units]


def test_when_a_batch_is_due() -> None:
    waiting: Waiting[str] = Waiting(max_items=2, max_queue=10)
    assert waiting.next_due() is None
    waiting.add(unit("a", due=5.0))
    assert waiting.next_due() == 5.0
    waiting.add(unit("b", due=6.0))
    assert waiting.next_due() == float("-inf")


def test_room() -> None:
    waiting: Waiting[str] = Waiting(max_items=2, max_queue=3)
    assert waiting.has_room(50)
    gone = unit("a", "b")
    waiting.add(gone)
    assert (waiting.has_room(1), waiting.has_room(2)) == (True, False)
    waiting.remove(gone)
    waiting.remove(gone)
    assert waiting.size == 0


class Ranked(SearchItem):
    __slots__ = ("receipt",)


def test_a_kept_result_comes_back_as_it_was_or_is_not_kept() -> None:
    now = datetime.now(UTC)

    def found(kind: type[SearchItem], value: Any) -> Any:
        return kind(namespace=NS, key="k", value=value, created_at=now, updated_at=now, score=0.1)

    ranked = found(Ranked, {"a": [1.5, None]})
    ranked.receipt = {"vector": 1}
    codec = PlainItems(found=Ranked, found_more=("receipt",))
    data = codec.encode([ranked])
    assert data
    (again,) = codec.decode(data)  # type: ignore[union-attr,misc]
    assert (again, type(again), again.score, again.receipt) == (ranked, Ranked, 0.1, {"vector": 1})
    assert PlainItems().encode([ranked]) is None
    odd = [{"a": (1,)}, {1: 1}, {"a": float("nan")}, {"a": {1}}]
    assert [PlainItems().encode([found(SearchItem, value)]) for value in odd] == [None] * 4

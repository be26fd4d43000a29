"""Which memories replies really used: told by their words, noted with the turn, and read at the next recall.

One item an owner holds them all: a read is one key, and the write goes with the turn's own batch. No read writes.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from langgraph.store.base import BaseStore, GetOp, Item, PutOp

from memory.lifecycle.reading.decay import Use
from memory.long_term.language.lexemes import lexemes
from memory.namespaces import Namespace, owner_namespace, room_namespace

MAX_KEPT: Final = 300
"""Memories whose uses are kept: those that were used last."""
ENOUGH_WORDS: Final = 2
"""Words that a reply must have from a memory alone, where none of them is a value."""
LABEL: Final = "uses"
KEY: Final = "all"
_LATEST: Final = 253_402_300_799
"""The last second that has a date."""

# A number, or a name within a sentence: one of them says which memory it came from.
_VALUE = re.compile(r"\d+(?:[.,:]\d+)*|(?<=[\w,;:] )[A-Z]\w+")
# How a statement and an answer speak of anybody.
_FORM: Final = frozenset(lexemes("user assistant said told mentioned remember know ll re ve m d"))


def used_in(reply: str, question: str, recalled: Sequence[tuple[str, str]]) -> list[str]:
    """Of recalled (id, text) the ids of those whose words or values the reply has, and the question had not.

    A word that most of several memories share tells none of them, and one that an earlier one gave is not given again:
    an echo after what it repeats was not needed.
    """
    said, asked = set(lexemes(reply)), set(lexemes(question))
    told = {memory_id: set(lexemes(text)) - asked - _FORM for memory_id, text in recalled}
    given = _common(list(told.values()))
    used: list[str] = []
    for memory_id, text in recalled:
        new = told[memory_id] - given
        if _is_used(text, new, said):
            used.append(memory_id)
            given = given | new & said
    return used


def _is_used(text: str, told: set[str], said: set[str]) -> bool:
    shared = told & said
    if not shared:
        return False
    values = {word for value in _VALUE.findall(text) for word in lexemes(value)}
    return len(shared) >= min(ENOUGH_WORDS, len(told)) or bool(shared & values)


def _common(told: Sequence[set[str]]) -> set[str]:
    if len(told) < 4:
        return set()
    counts = Counter(word for words in told for word in words)
    return {word for word, count in counts.items() if 2 * count > len(told)}


def uses_namespace(user_id: str) -> Namespace:
    return (*owner_namespace(user_id), LABEL)


async def uses_of(store: BaseStore, user_id: str, agent: str = "") -> Mapping[str, Use]:
    """How often each memory was used, and when last; an agent's own too. Raises what the store raises."""
    if not agent:
        return Uses(await _read(store, user_id))
    places = [uses_namespace(user_id), (*room_namespace(user_id, agent), LABEL)]
    found = await store.abatch([GetOp(place, KEY, refresh_ttl=False) for place in places])
    known = [Uses(item.value) for item in found if isinstance(item, Item)]
    return {memory_id: use for uses in known for memory_id, use in uses.items()}


async def noting(store: BaseStore, user_id: str, turn: str, used: Sequence[str], at: datetime) -> list[PutOp]:
    """The write that notes that this turn's reply used these memories; none where it used none.

    Two threads of one user that end at once may lose one of the counts: it is a weight, not a record.
    """
    if not used:
        return []
    value = await _read(store, user_id)
    # Written again after a crash or an undo, a turn counts once.
    if value.get("turn") == turn:
        return []
    kept = noted(Uses(value), used, at)
    rows = {memory_id: [use.count, int(use.last.timestamp())] for memory_id, use in kept.items()}
    return [PutOp(uses_namespace(user_id), KEY, {"turn": turn, "uses": rows}, index=False)]


def noted(uses: Mapping[str, Use], used: Sequence[str], at: datetime) -> dict[str, Use]:
    """These uses and the new ones: at most MAX_KEPT, the latest."""
    counted = dict(uses)
    for memory_id in dict.fromkeys(used):
        known = counted.get(memory_id, Use(0, at))
        counted[memory_id] = Use(known.count + 1, max(known.last, at))
    latest = sorted(counted.items(), key=lambda each: (each[1].last, each[0]), reverse=True)
    return dict(latest[:MAX_KEPT])


async def _read(store: BaseStore, user_id: str) -> dict[str, Any]:
    item = await store.aget(uses_namespace(user_id), KEY, refresh_ttl=False)
    return item.value if item else {}


class Uses(Mapping[str, Use]):
    """The item's rows, each read when it is asked for; what somebody else wrote there counts for nothing."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        given = value.get("uses")
        self._rows: dict[str, Any] = given if isinstance(given, dict) else {}

    def __getitem__(self, memory_id: str) -> Use:
        match self._rows[memory_id]:
            case [int(count), int(seconds)]:
                return Use(count, datetime.fromtimestamp(min(max(0, seconds), _LATEST), UTC))
        raise KeyError(memory_id)

    def __iter__(self) -> Iterator[str]:
        return (memory_id for memory_id in self._rows if memory_id in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

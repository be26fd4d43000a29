"""What held before: to a question about the past a fact comes with those whose place it took, each with its time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from langgraph.store.base import BaseStore, GetOp, Item

from memory.lifecycle.language.beginnings import is_dated
from memory.lifecycle.language.statements import read, slot_of
from memory.lifecycle.recalling.recalled import Hit
from memory.namespaces import memory_namespace, room_namespace
from memory.schema import Kind, Memory, Status

MAX_STEPS: Final = 8
"""How far back a chain of facts is followed."""
_BEFORE: Final = re.compile(
    r"\b(?:my|our) (?:old|last|ex)\b"
    r"|\b(?:before|previous(?:ly)?|former(?:ly)?|used to|earlier|in the past|back then|prior|originally|at first)\b",
    re.IGNORECASE,
)
_PAST: Final = re.compile(
    r"\b(?:did|was|were|had|until|once|ago|last|history|ever|changed?|since when)\b", re.IGNORECASE
)


def asks_before(text: str) -> bool:
    """Whether a question names what was before: "Where did I live before?"."""
    return _BEFORE.search(text) is not None


def asks_past(text: str) -> bool:
    """Whether what no longer holds may answer it."""
    return asks_before(text) or _PAST.search(text) is not None


async def with_earlier(store: BaseStore, user_id: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, each fact followed by those that held before it, the latest first; what was wrong is none of them."""
    known: dict[str, Memory] = {}
    later = [hit[0] for hit in hits if hit[0].kind is Kind.SEMANTIC]
    for _ in range(MAX_STEPS):
        ops = [op for memory in later for op in _reads(user_id, memory, known)]
        items = [item for item in await store.abatch(ops) if isinstance(item, Item)] if ops else []
        later = [Memory.from_value(item.value) for item in items]
        known |= {memory.id: memory for memory in later}
    shown = {hit[0].id for hit in hits}
    return [each for hit in hits for each in [hit, *_before(hit, known, shown)]]


def _reads(user_id: str, later: Memory, known: Mapping[str, Memory]) -> list[GetOp]:
    """Of what a fact took the place of, among the user's own and in the room of the agent that learned it."""
    if not later.supersedes or later.supersedes in known:
        return []
    agent = later.provenance.agent
    places = [memory_namespace(user_id, Kind.SEMANTIC)]
    places += [(*room_namespace(user_id, agent), Kind.SEMANTIC.value)] if agent else []
    return [GetOp(place, later.supersedes, refresh_ttl=False) for place in places]


def _before(hit: Hit, known: Mapping[str, Memory], shown: set[str]) -> Iterator[Hit]:
    """In the place of what took theirs, each once."""
    memory, score, receipt = hit
    while (earlier := known.get(memory.supersedes or "")) is not None and earlier.id not in shown:
        shown.add(earlier.id)
        if earlier.status is Status.SUPERSEDED and not _says_the_same(earlier, hit[0]):
            told = {} if _is_known_when(earlier, memory) else {"as_told": True}
            yield earlier, score, {**receipt, "before": hit[0].id, **told} if receipt else told
        memory = earlier


def _is_known_when(earlier: Memory, later: Memory) -> bool:
    """Whether it held until a day that somebody named, and not only until it was told that it does no longer."""
    ended = earlier.validity.valid_to
    return is_dated(later) and ended is not None and ended > earlier.validity.valid_from


def _says_the_same(earlier: Memory, now: Memory) -> bool:
    """Whether it gave the same attribute the same value in other words: that still holds."""
    one, other = slot_of(earlier.text), slot_of(now.text)
    if one is None or other is None or read(earlier.text).holds != read(now.text).holds:
        return False
    return (one.name, one.who, one.head) == (other.name, other.who, other.head)

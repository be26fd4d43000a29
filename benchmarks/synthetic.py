"""Memories that nobody has: English sentences over a Zipf-like vocabulary, with vectors that lie in clusters.

Deterministic and without a download. Every text has its vector ready, so that embedding takes no time where the
store is measured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from langchain_core.embeddings import Embeddings
from langgraph.store.base import PutOp
from numpy.typing import NDArray

from memory.lifecycle.learning.build import episodes, semantic
from memory.lifecycle.learning.remember import put
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.lifecycle.turns.extraction import Fact
from memory.long_term.ranking.document import document_of
from memory.long_term.ranking.question import in_third_person
from memory.schema import Memory

Floats = NDArray[np.float32]

DIMS: Final = 384
TOPICS: Final = 800
SPREAD: Final = 0.9
"""How far a memory lies from the middle of its topic, a topic being at 1 from the middle of all."""
EPOCH: Final = datetime(2025, 1, 1, 9, tzinfo=UTC)
A_THREAD: Final = 12


def _words(text: str) -> list[str]:
    return text.split()


_VERBS = _words(
    "bought sold painted repaired lost found planned visited cooked borrowed photographed studied booked cancelled "
    "watched carried designed recommended ordered returned cleaned measured described finished missed sketched "
    "inherited donated packed tested collected translated"
)
_NOUNS = _words(
    "kayak violin recipe greenhouse passport bicycle novel tent camera chess set tax form ferry ticket quilt telescope "
    "garden fence laptop guitar birthday cake rowing club marathon mortgage kitten sourdough starter balcony dentist "
    "appointment wedding toast concert seat hiking map train pass pottery class vaccine record coffee grinder language "
    "course allotment aquarium bookshelf driving lesson insurance claim jazz record knitting pattern lamp mural "
    "notebook orchid piano"
)
_QUALITIES = _words(
    "old green expensive small broken wooden favourite second heavy bright rented quiet foreign spare"
)
_TIMES = (
    "",
    "",
    "",
    "yesterday",
    "last Tuesday",
    "two weeks ago",
    "in March",
    "at the weekend",
    "last summer",
)
_ENDINGS = (
    "because the weather had been bad for days",
    "and was glad about the price",
    "before moving to another flat",
    "although nobody had asked for it",
    "and wants to do the same again next year",
    "which took longer than anybody expected",
    "",
)
_SYLLABLES = _words("ba del mo ri ka ten lu sa vor ni pe gra tho el fi zan mar ul co jen")


def _names(count: int, seed: int) -> list[str]:
    """Made-up proper names, all different."""
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        parts = rng.choice(_SYLLABLES, size=int(rng.integers(2, 4)))
        found["".join(parts).capitalize()] = None
    return list(found)


_PEOPLE = _names(1_500, 1)
_PLACES = _names(2_500, 2)


@dataclass(frozen=True)
class Question:
    """What is asked of one owner, with the vector of the asking."""

    owner: int
    text: str
    vector: Floats


class Corpus:
    """`owners` users with `each` memories, numbered from 0; memory n belongs to the user n // each."""

    def __init__(self, owners: int, each: int, *, distinct: int = 100_000, seed: int = 7) -> None:
        self.owners, self.each, self.size = owners, each, owners * each
        self.distinct = min(distinct, self.size)
        rng = np.random.default_rng(seed)
        self._basis = rng.standard_normal((DIMS, 128), dtype=np.float32)
        self._basis *= np.arange(1, 129, dtype=np.float32) ** -0.25
        centres = _units(rng.standard_normal((TOPICS, 128), dtype=np.float32) @ self._basis.T)
        topics = _zipf(rng, TOPICS, self.distinct, 0.6)
        self.vectors = _units(centres[topics] + SPREAD * self._noise(rng, self.distinct))
        self._parts = _parts(rng, topics)
        self._puts: dict[int, PutOp] = {}
        self.texts = [_sentence(n, parts) for n, parts in enumerate(self._parts)]

    def _noise(self, rng: np.random.Generator, count: int) -> Floats:
        """Directions as in a real model: few of them carry most."""
        return _units(rng.standard_normal((count, 128), dtype=np.float32) @ self._basis.T)

    def text(self, number: int) -> str:
        return self.texts[number % self.distinct]

    def user(self, owner: int) -> str:
        return f"bench{owner:05d}"

    def namespace(self, owner: int) -> tuple[str, str]:
        return ("users", self.user(owner))

    def of_owner(self, owner: int) -> range:
        return range(owner * self.each, (owner + 1) * self.each)

    def vectors_of(self, owner: int) -> Floats:
        numbers = np.array(self.of_owner(owner)) % self.distinct
        found: Floats = self.vectors[numbers]
        return found

    def memory(self, number: int) -> Memory:
        """By turns what somebody said, twelve messages a conversation, and a fact noted of it."""
        at = EPOCH + timedelta(hours=3 * (number % self.each))
        text = self.text(number)
        thread = f"thread-{number // A_THREAD}"
        said = Said(f"m{number}", "user", text, at)
        if number % 2:
            return episodes(Evidence(thread, (said,)), "", at)[0]
        fact = Fact(statement=text, category="other", importance=0.5, quote=text[:60], message_id=said.id)
        return semantic(thread, said, fact, run_id=None, turn=f"{thread}:{said.id}", now=at)

    def put(self, number: int) -> PutOp:
        """Kept, since several contestants ask for it."""
        if number not in self._puts:
            self._puts[number] = put(self.user(number // self.each), self.memory(number))
        return self._puts[number]

    def puts(self, numbers: Sequence[int]) -> Iterator[PutOp]:
        return (self.put(number) for number in numbers)

    def questions(self, count: int, *, seed: int = 11) -> list[Question]:
        """Each near to one of the owner's memories and with some of its words."""
        rng = np.random.default_rng(seed)
        numbers = rng.integers(0, self.size, size=count)
        near = _units(self.vectors[numbers % self.distinct] + 0.5 * self._noise(rng, count))
        return [
            Question(int(number) // self.each, self._ask(int(number)), vector)
            for number, vector in zip(numbers, near, strict=True)
        ]

    def _ask(self, number: int) -> str:
        verb, quality, noun, person, place, _, _ = self._parts[number % self.distinct]
        return (
            f"Do you remember the {quality} {noun} that I {verb} with {person}?"
            if number % 3
            else f"When was I in {place}, and what did {person} say about the {noun}?"
        )


class Ready(Embeddings):
    """Embeddings that know every text of a corpus and its questions, and answer at once.

    Any other text lies in the middle of all, as these vectors do.
    """

    def __init__(self, corpus: Corpus, questions: Sequence[Question] = ()) -> None:
        self._known: dict[str, Floats] = {}
        for number, text in enumerate(corpus.texts):
            self._known[text] = corpus.vectors[number]
        for question in questions:
            self._known[question.text] = question.vector
            # As a fact would be noted: asked of another lane, and near.
            self._known[in_third_person(question.text)] = question.vector

    def know(self, op: PutOp, number: int, corpus: Corpus) -> PutOp:
        """A text that the memory words anew is near to what it words."""
        vector = corpus.vectors[number % corpus.distinct]
        self._known.setdefault(str((op.value or {})["text"]), vector)
        document = document_of(op, ["text"])
        for view in document.views if document else ():
            self._known.setdefault(view, vector)
        return op

    def vector_of(self, op: PutOp) -> Floats:
        """Of a memory's text, as it is stored."""
        return np.asarray(self.embed_query(str((op.value or {})["text"])), dtype=np.float32)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self._known[text].tolist() if text in self._known else [0.0] * DIMS for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> list[float]:
        return self.embed_query(text)


def _units(vectors: Floats) -> Floats:
    found: Floats = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return found


def _zipf(rng: np.random.Generator, kinds: int, count: int, power: float = 1.0) -> Any:
    shares = np.arange(1, kinds + 1) ** -power
    return rng.choice(kinds, size=count, p=shares / shares.sum())


def _parts(rng: np.random.Generator, topics: Any) -> list[tuple[str, ...]]:
    """What each sentence is made of; its topic sets what it is about, and the rest is drawn."""
    count = len(topics)
    people, places = _zipf(rng, len(_PEOPLE), count), _zipf(rng, len(_PLACES), count)
    qualities = _zipf(rng, len(_QUALITIES), count)
    times, endings = rng.integers(0, len(_TIMES), count), rng.integers(0, len(_ENDINGS), count)
    return [
        (
            _VERBS[int(topic) // len(_NOUNS) % len(_VERBS)],
            _QUALITIES[quality],
            _NOUNS[int(topic) % len(_NOUNS)],
            _PEOPLE[person],
            _PLACES[place],
            _TIMES[time],
            _ENDINGS[ending],
        )
        for topic, person, place, quality, time, ending in zip(
            topics, people, places, qualities, times, endings, strict=True
        )
    ]


def _sentence(number: int, parts: Sequence[str]) -> str:
    verb, quality, noun, person, place, time, ending = parts
    who = "I" if number % 2 else "The user"
    words = (who, verb, "the", quality, noun, "with", person, "in", place, time, ending)
    return " ".join(filter(None, words)) + f", number {number}."

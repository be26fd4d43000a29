"""A model of the store: a dictionary, a filter as Python reads it, and random operations of several tenants."""

import random
from dataclasses import dataclass, field
from typing import Any, Literal

from langgraph.store.base import GetOp, ListNamespacesOp, MatchCondition, Op, PutOp, SearchOp

Namespace = tuple[str, ...]
Place = tuple[Namespace, str]

LABELS = [
    "u1",
    "u10",
    "a_b",
    "axb",
    "a%b",
    "%",
    "Ana",
    "ana",
    "\u00e9",
    "e\u0301",
    "a\nb",
    "a\\b",
    "a+",
    "^a$",
    "[ab]",
]
KINDS: list[Namespace] = [(), ("facts",), ("facts", "old"), ("fact",)]
KEYS = ["k", "K", "k.", "k%"]
WORDS = ["tea", "wine", "green", "milk", "honey"]
SCALARS: list[Any] = [
    0,
    1,
    2,
    -3,
    2.5,
    10**20,
    "1",
    "pear",
    "Pear",
    "",
    True,
    False,
    None,
    [1, 2],
    {"a": 1, "b": 2},
]
NUMBERS: list[Any] = [-3, 0, 1, 2.5, 10**20]
STRINGS: list[Any] = ["", "1", "Pear", "pear"]
FOREVER = 60.0


@dataclass
class Kept:
    value: dict[str, Any]
    indexed: bool


@dataclass
class Model:
    """What the tenants below `root` should have."""

    root: str
    random: random.Random
    items: dict[Place, Kept] = field(default_factory=dict)

    def owners(self, number: int) -> list[Namespace]:
        return [(self.root, label) for label in self.random.sample(LABELS, number)]

    def batch(self, size: int) -> list[Op]:
        """Some operations over a few owners; neighbours are often of one kind, as in life."""
        owners = self.owners(3)
        made: list[Op] = []
        while len(made) < size:
            makers = [self.put, self.get, self.delete, self.search, self.listing]
            make = self.random.choices(makers, [30, 30, 8, 8, 3])[0]
            run = 1 if make in (self.search, self.listing) else self.random.randint(1, 30)
            owner = self.random.choice(owners)
            made += [make(owner) for _ in range(run)]
        return made[:size]

    def place(self, owner: Namespace) -> Place:
        return (*owner, *self.random.choice(KINDS)), self.random.choice(KEYS)

    def value(self) -> dict[str, Any]:
        text = " ".join(self.random.choices(WORDS, k=self.random.randint(1, 3)))
        made: dict[str, Any] = {"text": text} if self.random.random() < 0.9 else {}
        if self.random.random() < 0.8:
            made["n"] = self.random.choice(SCALARS)
        if self.random.random() < 0.5:
            made["deep"] = {"n": self.random.choice(SCALARS), "list": [{"n": 1}]}
        if self.random.random() < 0.1:
            made["deep.n"] = self.random.choice(SCALARS)
        return made

    def put(self, owner: Namespace) -> PutOp:
        index: Literal[False] | None = False if self.random.random() < 0.1 else None
        return PutOp(*self.place(owner), self.value(), index, self.random.choice([None, None, FOREVER]))

    def get(self, owner: Namespace) -> GetOp:
        return GetOp(*self.place(owner), refresh_ttl=self.random.random() < 0.1)

    def delete(self, owner: Namespace) -> PutOp:
        return PutOp(*self.place(owner), None)

    def search(self, owner: Namespace) -> SearchOp:
        query = self.random.choice([None, self.random.choice(WORDS)])
        below = (*owner, *self.random.choice(KINDS))
        wanted = self.filter()
        if query is not None:
            wanted |= self.random.choice(
                [{}, {"$strategy": "keyword"}, {"$strategy": "hybrid"}, {"$strategy": "temporal"}]
            )
        # The root holds more than the lanes of a strategy look at.
        prefix = (self.root,) if "$strategy" not in wanted and self.random.random() < 0.2 else below
        return SearchOp(prefix, wanted, 2_000, self.random.choice([0, 0, 1, 3]), query, refresh_ttl=False)

    def listing(self, owner: Namespace) -> ListNamespacesOp:
        conditions = [
            MatchCondition(
                "prefix",
                self.random.choice([(self.root,), owner, (*owner, "facts"), (self.root, "*", "facts")]),
            )
        ]
        if self.random.random() < 0.3:
            conditions.append(
                MatchCondition("suffix", self.random.choice([("old",), ("facts",), ("*", "old")]))
            )
        return ListNamespacesOp(tuple(conditions), self.random.choice([None, 1, 2, 3]), 2_000)

    def filter(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name in self.random.sample(
            ["n", "deep.n", "deep.list.0.n", "text", "absent"], self.random.choice([0, 0, 1, 1, 2])
        ):
            made[name] = self.condition()
        return made

    def condition(self) -> Any:
        kind = self.random.choice(["plain", "$eq", "$ne", "$in", "$nin", "$exists", "order", "order"])
        if kind == "plain":
            return self.random.choice(SCALARS)
        if kind in ("$eq", "$ne"):
            return {kind: self.random.choice(SCALARS)}
        if kind in ("$in", "$nin"):
            return {kind: self.random.sample(SCALARS, self.random.randint(0, 4))}
        if kind == "$exists":
            return {kind: self.random.random() < 0.5}
        bounds = self.random.choice([NUMBERS, STRINGS])
        return {
            name: self.random.choice(bounds) for name in self.random.sample(["$gt", "$gte", "$lt", "$lte"], 2)
        }

    def expected(self, op: Op) -> Any:
        """Apply one operation; what it gives, in a form that has no order."""
        if isinstance(op, PutOp):
            self.items.pop((op.namespace, op.key), None)
            if op.value is not None:
                self.items[op.namespace, op.key] = Kept(
                    op.value, op.index is not False and "text" in op.value
                )
            return None
        if isinstance(op, GetOp):
            kept = self.items.get((op.namespace, op.key))
            return kept and kept.value
        if isinstance(op, SearchOp):
            return self.found(op)
        return self.listed(op)

    def found(self, op: SearchOp) -> dict[Place, dict[str, Any]]:
        """What it would find without its offset."""
        wanted = dict(op.filter or {})
        strategy = wanted.pop("$strategy", "vector")
        prefix = op.namespace_prefix
        return {
            place: kept.value
            for place, kept in self.items.items()
            if place[0][: len(prefix)] == prefix
            and all(holds(kept.value, name, each) for name, each in wanted.items())
            and (op.query is None or self.answers(kept, op.query, strategy))
        }

    def answers(self, kept: Kept, query: str, strategy: str) -> bool:
        if strategy == "keyword":
            return kept.indexed and query in kept.value["text"].split()
        # A value that says nothing of when it was said is in no lane of time.
        return kept.indexed and strategy != "temporal"

    def listed(self, op: ListNamespacesOp) -> set[Namespace]:
        matching = {
            place[0]
            for place in self.items
            if all(matches(place[0], each) for each in op.match_conditions or ())
        }
        return {namespace[: op.max_depth] for namespace in matching}


def matches(namespace: Namespace, condition: MatchCondition) -> bool:
    path = tuple(condition.path)
    if len(namespace) < len(path):
        return False
    part = namespace[: len(path)] if condition.match_type == "prefix" else namespace[-len(path) :]
    return all(wanted in ("*", label) for label, wanted in zip(part, path, strict=True))


MISSING = object()


def holds(value: dict[str, Any], name: str, wanted: Any) -> bool:
    at = lookup(value, name)
    if not isinstance(wanted, dict):
        return equal(at, wanted)
    if not any(key.startswith("$") for key in wanted):
        return isinstance(at, dict) and all(
            key in at and equal(at[key], each) for key, each in wanted.items()
        )
    return all(_operator(at, operator, each) for operator, each in wanted.items())


def lookup(value: Any, name: str) -> Any:
    if name in value:
        return value[name]
    for part in name.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return MISSING
    return value


def equal(at: Any, wanted: Any) -> bool:
    if wanted is None:
        return at is None or at is MISSING
    return at is not MISSING and isinstance(at, bool) == isinstance(wanted, bool) and at == wanted


def _operator(at: Any, name: str, wanted: Any) -> bool:
    if name in ("$eq", "$ne"):
        return equal(at, wanted) == (name == "$eq")
    if name in ("$in", "$nin"):
        return any(equal(at, each) for each in wanted) == (name == "$in")
    if name == "$exists":
        return (at is not MISSING) == wanted
    comparable = (
        isinstance(at, str)
        if isinstance(wanted, str)
        else isinstance(at, int | float) and not isinstance(at, bool)
    )
    if not comparable:
        return False
    return {"$gt": at > wanted, "$gte": at >= wanted, "$lt": at < wanted, "$lte": at <= wanted}[name]

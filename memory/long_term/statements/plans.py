"""One operation of a batch, with what it takes to run it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from langgraph.store.base import GetOp, Op, PutOp

from memory.long_term.ranking.document import Lane
from memory.long_term.ranking.lanes import Query, Scope, Told
from memory.long_term.ranking.question import Question
from memory.long_term.statements.operations import PutSince, Search
from memory.long_term.statements.profiles import Profile
from memory.long_term.statements.renewal import renews
from memory.long_term.statements.writes import Write

Vectors = Mapping[str, Any]


@dataclass
class Ending:
    """Whether a batch's COMMIT may be on its way, so that nobody knows whether it took effect."""

    begun: bool = False


class Plan:
    def __init__(self, op: Op) -> None:
        self.op = op
        self.owner = ""
        self.write: Write | None = None
        self.search: Search | None = None
        self.scope: Scope | None = None
        self.question: Question | None = None
        self.profile = Profile()
        self.vectors: dict[Lane, Any] = {}
        self.query: Query | None = None
        """Of a search, what is asked first."""
        self.told: Told | None = None
        """Of a search whose words were looked for ahead, what has them."""
        self.deeper: Callable[[], Query] | None = None
        """And what is asked instead where that gives too few."""

    @property
    def is_fused(self) -> bool:
        """A search whose lanes are fused here, and whose memories are fetched after that."""
        return self.question is not None and self.search is not None and not self.search.recipe.is_plain

    @property
    def goes_on(self) -> bool:
        """Whether its answer leads to another statement of the same transaction."""
        return self.is_fused or self.deeper is not None or renews(self.op)

    @property
    def puts_a_value(self) -> bool:
        return self.write is not None and self.write.op.value is not None

    @property
    def place(self) -> tuple[Any, ...]:
        """Of a put, which item it writes."""
        op = self.op
        return (*op.namespace, op.key) if isinstance(op, PutOp) else ()

    def texts(self) -> list[str]:
        """What of it has to be embedded."""
        if self.write is not None:
            return list(self.write.document.views) if self.write.document else []
        return list(self._forms().values())

    def _forms(self) -> dict[Lane, str]:
        question, search = self.question, self.search
        if question is None or search is None or not search.recipe.vectors:
            return {}
        if search.recipe.is_plain:
            return {Lane.STATED: question.text}
        return {Lane.SAID: question.said, Lane.STATED: question.stated}

    def place_vectors(self, vectors: Vectors) -> None:
        if self.write is not None and self.write.document is not None:
            found = [vectors[text] for text in self.write.document.views]
            self.write = replace(self.write, vectors=found)
        self.vectors = {lane: vectors[text] for lane, text in self._forms().items()}


def is_one_put(plans: Sequence[Plan]) -> bool:
    """Whether they are puts of one owner; where any has a condition, each of another item."""
    if not all(plan.puts_a_value and plan.owner == plans[0].owner for plan in plans):
        return False
    conditional = any(plan.write is not None and plan.write.expected is not None for plan in plans)
    return not conditional or len({plan.place for plan in plans}) == len(plans)


def runs(plans: Sequence[Plan]) -> Iterator[list[Plan]]:
    """Neighbouring puts and neighbouring gets, which lock what they write in one order; else an operation by itself.

    So is a conditional put, whose condition is on what the puts before it left.
    """
    for kind, run in groupby(plans, key=lambda plan: PutOp if type(plan.op) is PutSince else type(plan.op)):
        if kind in (PutOp, GetOp):
            yield list(run)
        else:
            yield from ([plan] for plan in run)

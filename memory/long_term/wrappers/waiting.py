"""Which of the waiting writes go next. Pure: no clock, no tasks."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from langgraph.store.base import Op

from memory.long_term.wrappers.scopes import Owner, Place, is_write, owner_of, written_place

T = TypeVar("T")


@dataclass(eq=False)
class Unit(Generic[T]):
    """What one caller asked for in one call: all of it or nothing."""

    ops: list[Op]
    due: float
    """When it has waited long enough."""

    waiter: T
    places: frozenset[Place] = field(init=False)
    alone: bool = field(init=False)
    """It reads as well: stores differ in how a batch orders reads of others' writes."""

    def __post_init__(self) -> None:
        self.places = frozenset(written_place(op) for op in self.ops if is_write(op))
        self.alone = any(not is_write(op) for op in self.ops)

    @property
    def owners(self) -> frozenset[Owner]:
        """Whose items it writes."""
        return frozenset(owner_of(namespace) for namespace, _ in self.places)


class Waiting(Generic[T]):
    """The units that wait, in order of arrival, and those that were taken and are being written.

    Writes of one item are done in their order; with `by_owner` all of one owner's.
    """

    def __init__(self, *, max_items: int, max_queue: int, by_owner: bool = False) -> None:
        if max_items < 1 or max_queue < 1:
            raise ValueError("A batcher writes at least one item at a time and lets at least one wait.")
        self._max_items = max_items
        self._max_queue = max_queue
        self._by_owner = by_owner
        self._queue: deque[Unit[T]] = deque()
        self._taken: set[Unit[T]] = set()
        self.size = 0
        """Operations that wait."""

    def has_room(self, number: int) -> bool:
        """A call larger than the whole queue gets in when nothing else waits."""
        return not self._queue or self.size + number <= self._max_queue

    def add(self, unit: Unit[T]) -> None:
        self._queue.append(unit)
        self.size += len(unit.ops)

    def remove(self, unit: Unit[T]) -> None:
        """Of one who gave up before it was taken; nothing happens to one that was."""
        if unit in self._queue:
            self._queue.remove(unit)
            self.size -= len(unit.ops)

    def finish(self, units: Iterable[Unit[T]]) -> None:
        self._taken.difference_update(units)

    def pending(self) -> list[Unit[T]]:
        """Those being written, and those that wait."""
        return [*self._taken, *self._queue]

    def next_due(self) -> float | None:
        """When the first batch is to go; None while nothing could."""
        able = self._able()
        if not able:
            return None
        full = sum(len(unit.ops) for unit in able) >= self._max_items
        return float("-inf") if full else min(unit.due for unit in able)

    def take(self) -> list[Unit[T]]:
        """The next batch, in order of arrival; empty while every waiting unit's items are being written."""
        batch: list[Unit[T]] = []
        number = 0
        for unit in self._able():
            if batch and (unit.alone or batch[0].alone or number + len(unit.ops) > self._max_items):
                break
            batch.append(unit)
            number += len(unit.ops)
        for unit in batch:
            self._queue.remove(unit)
        self.size -= number
        self._taken.update(batch)
        return batch

    def _able(self) -> list[Unit[T]]:
        """Those before which nobody's other write must be done, as far as one batch reaches."""
        held = {each for unit in self._taken for each in self._in_order(unit)}
        able: list[Unit[T]] = []
        number = 0
        for unit in self._queue:
            if held.isdisjoint(self._in_order(unit)):
                able.append(unit)
                number += len(unit.ops)
                if number >= self._max_items:
                    break
            else:
                # Later writes of what one that is held up writes come after it.
                held |= self._in_order(unit)
        return able

    def _in_order(self, unit: Unit[T]) -> frozenset[Owner | Place]:
        return unit.owners if self._by_owner else unit.places

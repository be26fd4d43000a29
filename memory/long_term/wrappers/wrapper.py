"""What every wrapper has of the store that it is around."""

import copy

from langgraph.store.base import BaseStore

from memory.long_term.rows.readers import Reader
from memory.long_term.statements.loop_bound import LoopBound


class Wrapper(LoopBound):
    """A store around `inner`, which it resembles: lifetimes, and the search strategies that can be asked for."""

    def __init__(self, inner: BaseStore) -> None:
        super().__init__()
        self.inner = inner
        self.dates = bool(getattr(inner, "dates", False))
        self.supports_ttl = inner.supports_ttl
        self.ttl_config = inner.ttl_config
        self.strategies: frozenset[str] = frozenset(getattr(inner, "strategies", ()))

    def as_reader(self, reader: Reader) -> BaseStore | None:
        """This store as the reader may see and write it; None where no store within can hold to that by itself."""
        view = view_for(self.inner, reader)
        return None if view is None else self._around(view)

    def _around(self, view: BaseStore) -> BaseStore:
        """This wrapper around another store than its own."""
        made = copy.copy(self)
        made.inner = view
        return made


def view_for(store: BaseStore, reader: Reader) -> BaseStore | None:
    """The store for a reader, where it enforces grants in its own queries."""
    make = getattr(store, "as_reader", None)
    view: BaseStore | None = make(reader) if make is not None else None
    return view

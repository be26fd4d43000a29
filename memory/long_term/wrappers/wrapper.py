"""What every wrapper has of the store that it is around."""

from langgraph.store.base import BaseStore

from memory.long_term.loop_bound import LoopBound


class Wrapper(LoopBound):
    """A store around `inner`, which it resembles: lifetimes, and the search strategies that can be asked for."""

    def __init__(self, inner: BaseStore) -> None:
        super().__init__()
        self.inner = inner
        self.dates = bool(getattr(inner, "dates", False))
        self.supports_ttl = inner.supports_ttl
        self.ttl_config = inner.ttl_config
        self.strategies: frozenset[str] = frozenset(getattr(inner, "strategies", ()))

"""The two memories that a LangGraph server opened in this process, for what stands beside its graphs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore


@dataclass
class Serving:
    """What langgraph.json's factories have open now; a second opening would not see a memory in this process."""

    checkpointer: BaseCheckpointSaver[Any] | None = None
    store: BaseStore | None = None

    @contextmanager
    def with_checkpointer(self, opened: BaseCheckpointSaver[Any]) -> Iterator[BaseCheckpointSaver[Any]]:
        self.checkpointer = opened
        try:
            yield opened
        finally:
            self.checkpointer = None

    @contextmanager
    def with_store(self, opened: BaseStore) -> Iterator[BaseStore]:
        self.store = opened
        try:
            yield opened
        finally:
            self.store = None


serving = Serving()

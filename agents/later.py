"""Who extracts a turn's facts after the turn, in the background."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Job:
    """The turns of one user in one thread whose facts are still to come.

    `model`: the extraction model that the turn named; None is the settings' one. `at_once`: it waited long enough.
    """

    user_id: str
    thread_id: str
    model: str | None = None
    at_once: bool = False


class Later(Protocol):
    """Takes jobs. What it loses, recovery finds again by the marks of the turns."""

    @property
    def ready(self) -> bool:
        """Whether a job would be done; else the turn does it itself."""
        ...

    def take(self, job: Job) -> None:
        """Do it after a pause in the conversation; a later job of the same user and thread takes its place."""
        ...


@dataclass
class Served:
    """Whoever does it in a LangGraph server, once the server's app has named it."""

    by: Later | None = None

    @property
    def ready(self) -> bool:
        return self.by is not None and self.by.ready

    def take(self, job: Job) -> None:
        if self.by is not None:
            self.by.take(job)


served = Served()

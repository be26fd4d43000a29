"""What the lanes of a search found, as columns: a few hundred memories are ranked by arrays, not one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory.long_term.ranking.document import Origin

Scores: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

FOUND: Final[Mapping[str, tuple[str, str]]] = {
    "owner": ("text", "c.owner"),
    "id": ("bigint", "c.id"),
    "vector": ("double precision", "COALESCE(c.vector, 'NaN')"),
    "keyword": ("double precision", "COALESCE(c.keyword, 'NaN')"),
    "thread": ("bigint", "COALESCE(l.thread, -1)"),
    "place": ("integer", "COALESCE(l.place, -1)"),
    "said_at": ("double precision", "COALESCE(extract(epoch FROM l.said_at)::float8, 'NaN')"),
    "about_from": ("double precision", "COALESCE(extract(epoch FROM l.about_from)::float8, 'NaN')"),
    "about_to": ("double precision", "COALESCE(extract(epoch FROM l.about_to)::float8, 'NaN')"),
    "stated": ("real", "l.stated"),
    "source": ("smallint", "l.source"),
    "timed": ("boolean", "l.timed"),
    "speaker": ("text", "l.speaker"),
}
"""Each column's type and its SQL, over candidates `c` and their rows `l` of memory_lookup."""

# Neighbours are found by adding to a place: the places of two threads must not meet.
_A_THREAD: Final = 2**33
_MARGIN: Final = 16


@dataclass(frozen=True, eq=False)
class Candidates:
    """Memories in the order of their ids. A score or a time that there is not is NaN; a thread or place, -1.

    Times are seconds since 1970. `speaker` is a name or None.
    """

    owner: Sequence[str]
    id: Whole
    vector: Scores
    keyword: Scores
    thread: Whole
    place: Whole
    said_at: Scores
    about_from: Scores
    about_to: Scores
    stated: Scores
    source: Whole
    timed: NDArray[np.bool_]
    speaker: Sequence[str | None]

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[Any] | None]) -> Self:
        """From a row of arrays as FOUND gives them, in any order; no array is no memory."""
        if not columns["id"]:
            columns = dict.fromkeys(FOUND, ())
        owner, speaker = columns["owner"] or (), columns["speaker"] or ()
        ids = np.array(columns["id"], dtype=np.int64)
        # Sums of floats depend on their order, and the last bit of one can decide between equals.
        order = np.lexsort((np.unique(owner, return_inverse=True)[1], ids)) if len(ids) else ids

        def floats(name: str) -> Scores:
            return np.array(columns[name], dtype=np.float64)[order]

        def whole(name: str) -> Whole:
            return np.array(columns[name], dtype=np.int64)[order]

        return cls(
            owner=[owner[n] for n in order],
            id=ids[order],
            vector=floats("vector"),
            keyword=floats("keyword"),
            thread=whole("thread"),
            place=whole("place"),
            said_at=floats("said_at"),
            about_from=floats("about_from"),
            about_to=floats("about_to"),
            stated=floats("stated"),
            source=whole("source"),
            timed=np.array(columns["timed"], dtype=np.bool_)[order],
            speaker=[speaker[n] for n in order],
        )

    def __len__(self) -> int:
        return len(self.id)

    @property
    def is_verbatim(self) -> Scores:
        """1 for somebody's own words, which alone stand in a thread."""
        return np.where(self.thread >= 0, 1.0, 0.0)

    @property
    def is_users(self) -> Scores:
        return np.where(self.source == Origin.USER, 1.0, 0.0)

    def said_by(self, name: str) -> Scores:
        return np.array([float(speaker == name) for speaker in self.speaker])

    @cached_property
    def spots(self) -> tuple[Whole, Whole, Whole]:
        """(which stand in a thread, the spots in their order, whose of these each has); n later is a spot + n."""
        placed = np.flatnonzero((self.thread >= 0) & (self.place >= 0))
        owners = np.unique(self.owner, return_inverse=True)[1][placed] if len(set(self.owner)) > 1 else 0
        threads, of_thread = np.unique(self.thread[placed], return_inverse=True)
        spot = (owners * len(threads) + of_thread) * _A_THREAD + self.place[placed] + _MARGIN
        spots, of_spot = np.unique(spot, return_inverse=True)
        return placed, spots, of_spot

"""How long what this process does takes: of each kind the last measurements, and whether the newest went well."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

KEPT: Final = 500


@dataclass
class Timing:
    """Of one kind. `fault` names the class of the newest failure, "" when the newest one went well."""

    last_s: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0
    failed: int = 0
    fault: str = ""
    ended_at: float = 0.0

    def fails(self, error: type[Exception]) -> None:
        """Note a failure that nobody waits for any more, too."""
        self.failed += 1
        self.fault, self.ended_at = error.__name__, time.time()

    def summary(self) -> dict[str, Any]:
        """Milliseconds: the median and the 95th percentile of what went well, of the last KEPT."""
        taken = sorted(self.last_s)
        return {
            "count": self.count,
            "failed": self.failed,
            "p50_ms": _percentile_ms(taken, 0.5),
            "p95_ms": _percentile_ms(taken, 0.95),
        }


class Timings:
    """One a process. Appending to a bounded deque is safe from any thread."""

    def __init__(self) -> None:
        self._kinds: dict[str, Timing] = {}

    @contextmanager
    def measure(self, kind: str) -> Iterator[None]:
        """Count what happens within; what was cancelled says nothing about the work, and is left out."""
        began = time.perf_counter()
        timing = self.of(kind)
        try:
            yield
        except Exception as error:
            timing.fails(type(error))
            raise
        timing.count += 1
        timing.fault, timing.ended_at = "", time.time()
        timing.last_s.append(time.perf_counter() - began)

    def of(self, kind: str) -> Timing:
        return self._kinds.setdefault(kind, Timing())

    def summaries(self) -> dict[str, dict[str, Any]]:
        """What was measured since the start, by kind."""
        return {kind: timing.summary() for kind, timing in sorted(self._kinds.items()) if timing.count}


def _percentile_ms(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000, 1)


timings: Final = Timings()

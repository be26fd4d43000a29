"""What runs in the peers' own virtual environment: turns of one of them, timed; nothing of ours is imported here."""

import json
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

DIMS: Final = 384
USER: Final = "bench"
READY: Final = "ready"
Step = Callable[[str], Awaitable[object]]


def told(number: int) -> str:
    tag = uuid.uuid4().hex[:8]
    return f"I visited the jazz fair number {tag} in Porto, and my neighbour {tag} collects maps, story {number}."


async def timed(recall: Step, remember: Step, turns: int) -> None:
    """Prints READY, waits for a line, and prints [[until the reply, whole turn], …] in ms."""
    print(READY, flush=True)
    sys.stdin.readline()
    times = []
    for number in range(turns):
        text, begun = told(number), time.perf_counter()
        await recall(text)
        reply = time.perf_counter()
        await remember(text)
        times.append([(reply - begun) * 1_000, (time.perf_counter() - begun) * 1_000])
    print(json.dumps(times), flush=True)

"""Which threads a plain Redis holds, and which of them a run wrote to.

These keys lie in other slots of a cluster than the threads, so nothing changes both at once. The index is written
first: what it names may not be there (yet, or any more), and is looked up before it is believed.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from memory.short_term.redis.away import spoken
from memory.short_term.redis.lanes import Command, Sender, raise_first
from memory.short_term.redis.names import Names, score

PAGE = 100
KNOWN_RUNS = 1_000

RUNS_LIVE_S = 86_400
"""Runs are taken back soon or never; after this all threads are looked through."""

# A version 6 UUID counts 100 ns from here; a score is that shifted by 12 bits.
_EPOCH = datetime(1582, 10, 15, tzinfo=UTC)
_SETTLED = timedelta(days=1)


class Index:
    def __init__(self, sender: Sender, names: Names, ttl_ms: int) -> None:
        self._sender, self._names, self._ttl_ms = sender, names, ttl_ms
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def noting(self, thread_id: str, checkpoint_id: str) -> list[Command]:
        """What is sent with a checkpoint of a root."""
        named: Command = ("ZADD", self._names.threads, "GT", score(checkpoint_id), thread_id)
        return [named, *self.living()]

    def living(self) -> list[Command]:
        """What is sent when a thread is to live on: the index lives as long as its last thread."""
        return [("PEXPIRE", self._names.threads, self._ttl_ms)] if self._ttl_ms else []

    def knows(self, run_id: str, thread_id: str) -> bool:
        return not run_id or (run_id, thread_id) in self._known

    def noting_run(self, run_id: str, thread_id: str) -> list[Command]:
        """What is sent with a run's first checkpoint in a thread."""
        key = self._names.run(run_id)
        return [("SADD", key, thread_id), ("EXPIRE", key, RUNS_LIVE_S)]

    def noted(self, run_id: str, thread_id: str) -> None:
        self._known[run_id, thread_id] = None
        if len(self._known) > KNOWN_RUNS:
            self._known.popitem(last=False)

    async def of_run(self, run_id: str) -> list[str]:
        """The threads that it wrote to; none too when that was too long ago."""
        return sorted(each.decode() for each in await self._ask("SMEMBERS", self._names.run(run_id)))

    async def forget_run(self, run_id: str) -> None:
        for known in [known for known in self._known if known[0] == run_id]:
            self._known.pop(known, None)
        await self._ask("DEL", self._names.run(run_id))

    async def forget(self, thread_id: str) -> None:
        await self._ask("ZREM", self._names.threads, thread_id)

    async def lower(self, thread_id: str, at: int) -> None:
        """After its newest checkpoints were taken away."""
        await self._ask("ZADD", self._names.threads, "XX", at, thread_id)

    async def forget_settled(self, gone: dict[str, int]) -> None:
        """Of threads that are not there, by score, those that cannot be about to be written."""
        limit = (datetime.now(UTC) - _SETTLED - _EPOCH) // timedelta(microseconds=1) * 10 >> 12
        old = [thread_id for thread_id, at in gone.items() if at < limit]
        if old:
            await self._ask("ZREM", self._names.threads, *old)

    async def newest(self, before: str | None = None) -> AsyncIterator[list[tuple[str, int]]]:
        """Pages of threads and their scores, newest first; all of one score are in one page.

        A page may name threads a little newer than `before`.
        """
        highest: str | int = score(before) if before else "+inf"
        while True:
            found = await self._between(highest, "-inf", PAGE)
            if not found:
                return
            lowest = found[-1][1]
            if len(found) == PAGE:
                tied = await self._between(lowest, lowest, -1)
                found = [each for each in found if each[1] > lowest] + tied
            yield found
            highest = f"({lowest}"

    async def _between(self, highest: str | int, lowest: str | int, most: int) -> list[tuple[str, int]]:
        flat = await self._ask(
            "ZREVRANGEBYSCORE", self._names.threads, highest, lowest, "WITHSCORES", "LIMIT", 0, most
        )
        return [(each.decode(), int(at)) for each, at in zip(flat[::2], flat[1::2], strict=True)]

    async def _ask(self, *command: Any) -> Any:
        with spoken():
            answers = await self._sender.send([command])
            raise_first(answers)
        return answers[0]

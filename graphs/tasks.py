"""Extraction in the background of a process without a server: tasks on its event loop, finished before it ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from agents.later import Job

log = logging.getLogger(__name__)


class Tasks:
    """Does each job after a pause of `after_s`, one at a time; `finish` does what waits at once.

    A job that fails is logged, and its turns stay marked: the next job or recovery finds them. Use it within one
    event loop.
    """

    def __init__(self, work: Callable[[Job], Awaitable[object]], after_s: float) -> None:
        self._work = work
        self._after_s = after_s
        self._waiting: dict[tuple[str, str], tuple[Job, asyncio.TimerHandle]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._one = asyncio.Lock()

    @property
    def ready(self) -> bool:
        return True

    def take(self, job: Job) -> None:
        key = (job.user_id, job.thread_id)
        if key in self._waiting:
            self._waiting.pop(key)[1].cancel()
        pause = 0.0 if job.at_once else self._after_s
        handle = asyncio.get_running_loop().call_later(pause, self._start, key)
        self._waiting[key] = (job, handle)

    async def finish(self) -> None:
        """Start what waits, and wait until all of it is done."""
        for key in list(self._waiting):
            self._waiting[key][1].cancel()
            self._start(key)
        while self._running:
            await asyncio.gather(*self._running)

    def _start(self, key: tuple[str, str]) -> None:
        job, _ = self._waiting.pop(key)
        task = asyncio.create_task(self._do(job))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _do(self, job: Job) -> None:
        async with self._one:
            try:
                await self._work(job)
            except Exception as error:  # noqa: BLE001 - one conversation's extraction must not cost another's
                log.warning(
                    "extraction in the background failed, it is tried again: %s: %s",
                    type(error).__name__,
                    error,
                )

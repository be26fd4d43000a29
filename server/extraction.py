"""Extraction in the background on the server's own queue: a run on a thread derived from the conversation's."""

import asyncio
import logging
import math
from typing import Any

from agents.later import Job
from config.settings import Settings
from graphs.extraction import GRAPH, derived, secrets_of
from server.as_owner import AsOwner

log = logging.getLogger(__name__)


def run_of(job: Job, after_s: float) -> dict[str, Any]:
    """The request. A run that waits or works gives way to a later one, unless its turns have waited long enough."""
    return {
        "assistant_id": GRAPH,
        "input": {"thread": job.thread_id},
        "multitask_strategy": "enqueue" if job.at_once else "rollback",
        # The turn's own run has to end first, which is what writes the conversation down.
        "after_seconds": 1 if job.at_once else math.ceil(after_s),
        "if_not_exists": "create",
        "durability": "exit",
    }


_refused: dict[str, set[str]] = {}


def refused_of(user_id: str) -> int:
    """How many of this user's conversations this process could not hand over; recovery tries them again."""
    return len(_refused.get(user_id, ()))


class Queue:
    """Takes jobs from any event loop of this process and hands them to the server's queue on the app's own."""

    def __init__(self, owner: AsOwner, configured: Settings) -> None:
        self._owner = owner
        self._configured = configured
        self._loop = asyncio.get_running_loop()
        self._posting: set[asyncio.Task[None]] = set()

    @property
    def ready(self) -> bool:
        return not self._loop.is_closed()

    def take(self, job: Job) -> None:
        self._loop.call_soon_threadsafe(self._start, job)

    def _start(self, job: Job) -> None:
        task = self._loop.create_task(self.post(job))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def post(self, job: Job) -> None:
        """What cannot be handed over stays marked, and recovery finds it."""
        secret = next(reversed(secrets_of(job.user_id, self._configured)), "")
        path = f"/threads/{derived(job.thread_id, job.user_id, secret)}/runs"
        run = run_of(job, self._configured.remember_after_s)
        context = self._owner.context(job.user_id, extraction_model=job.model)
        try:
            taken = await self._owner.ask("POST", path, job.user_id, {**run, "context": context})
        except Exception as error:  # noqa: BLE001 - nobody waits for this task
            taken = {}
            log.warning("an extraction could not be queued: %s: %s", type(error).__name__, error)
        failed = _refused.setdefault(job.user_id, set())
        (failed.discard if taken.get("run_id") else failed.add)(job.thread_id)
        if not failed:
            del _refused[job.user_id]

    async def aclose(self) -> None:
        """Wait until what was taken is handed over."""
        await asyncio.gather(*self._posting)

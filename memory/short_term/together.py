"""Operations that many ask for at once, done in few round trips; one that is alone goes at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

LARGEST = 8
"""Small enough that, of sixteen who ask, the server works for some while the answers of others are read."""
SHARE, MOST = 2, 32
"""Of many who wait a batch takes one in so many, and no more than that."""
AT_ONCE = 4
"""Batches under way at most; while none is slow, one: what gathers meanwhile makes the next one large."""
SLOW_S = 0.005
"""A commit takes some milliseconds, and a batch that begins beside it only makes both small."""

_Waiter = tuple[Asked, asyncio.Future[Answer]]


class Together(Generic[Asked, Answer]):
    """Nothing waits for company: what comes while a batch is on its way makes up the next one.

    Behind a slow one nothing waits either, up to `at_once` batches. `largest` is a batch where few wait.

    A batch that fails for what is in it is done one by one, so that only a bad one fails; where the connection or
    the server failed, all of it does. A batch whose askers have all gone is given up.
    """

    def __init__(
        self,
        do: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]],
        *,
        at_once: int = AT_ONCE,
        largest: int = LARGEST,
    ) -> None:
        self._do = do
        self._at_once = at_once
        self._largest = largest
        self._waiting: deque[_Waiter[Asked, Answer]] = deque()
        self._working: set[asyncio.Task[None]] = set()
        self._begun = 0.0
        self._watch: asyncio.TimerHandle | None = None

    async def __call__(self, asked: Asked) -> Answer:
        """Raises what doing it raised."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((asked, answer))
        if not self._working:
            self._start()
        elif self._watch is None:
            self._watch = loop.call_later(SLOW_S, self._relieve)
        return await answer

    def _relieve(self) -> None:
        """One watch for all who wait: a timer each costs another turn of the loop an operation."""
        self._watch = None
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        left = self._begun + SLOW_S - loop.time()
        if left <= 0 and len(self._working) < self._at_once:
            self._start()
        self._watch = loop.call_later(left if left > 0 else SLOW_S, self._relieve)

    def _start(self) -> None:
        self._begun = asyncio.get_running_loop().time()
        task = asyncio.create_task(self._next_batch())
        self._working.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._working.discard(task)
        if self._waiting:
            self._start()

    async def _next_batch(self) -> None:
        """Taken when the task first runs: all that was asked for in this turn of the loop is together."""
        size = max(self._largest, min(len(self._waiting) // SHARE, MOST))
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), size))]
        batch = [each for each in taken if not each[1].done()]
        if not batch:
            return
        task = asyncio.current_task()
        for _, answer in batch:
            answer.add_done_callback(lambda _: task and all(a.done() for _, a in batch) and task.cancel())
        try:
            await self._work(batch)
        finally:
            for _, answer in batch:
                answer.cancel()  # whoever still waits when this task is ended from outside

    async def _work(self, batch: list[_Waiter[Asked, Answer]]) -> None:
        try:
            answers = await self._do([asked for asked, _ in batch])
        except (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError, ValueError) as error:
            if len(batch) == 1:
                _fail(batch, error)
            for each in batch if len(batch) > 1 else ():
                await self._work([each])
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are to be told
            _fail(batch, error)
        else:
            for (_, waiter), answer in zip(batch, answers, strict=True):
                if not waiter.done():
                    waiter.set_result(answer)


def _fail(batch: list[_Waiter[Asked, Answer]], error: Exception) -> None:
    for _, waiter in batch:
        if not waiter.done():
            waiter.set_exception(error)

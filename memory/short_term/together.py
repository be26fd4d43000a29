"""Operations that many ask for at once, done in few round trips; one that is alone goes at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

AT_ONCE = 2
"""Batches on their way: while the server works on one, the answers of another are read."""
LARGEST = 32

_Waiter = tuple[Asked, asyncio.Future[Answer]]


class Together(Generic[Asked, Answer]):
    """Nothing waits for company: what comes while `at_once` batches are on their way makes up the next one.

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

    async def __call__(self, asked: Asked) -> Answer:
        """Raises what doing it raised."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if len(self._working) < self._at_once:
            self._start()
        return await answer

    def _start(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._largest))]
        batch = [each for each in batch if not each[1].done()]
        if not batch:
            return
        task = asyncio.create_task(self._work(batch))
        self._working.add(task)
        task.add_done_callback(self._ended)
        for _, answer in batch:
            answer.add_done_callback(lambda _: all(a.done() for _, a in batch) and task.cancel())

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._working.discard(task)
        if self._waiting:
            self._start()

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

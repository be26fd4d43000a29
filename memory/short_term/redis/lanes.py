"""Commands on their way to Redis: many callers share few connections, and what waits goes together."""

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from redis.exceptions import ConnectionError as Lost
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as TooLate

LANES = 4
TOGETHER = 32
"""Callers whose commands are sent at once."""

Command = tuple[Any, ...]


class Sender(Protocol):
    async def send(self, commands: Sequence[Command]) -> list[Any]:
        """The answer to each, in bytes, in one round trip; refusals are answers, too. Raises RedisError and OSError."""
        ...


class _Waiting(NamedTuple):
    commands: Sequence[Command]
    answers: "asyncio.Future[list[Any]]"


class Lanes:
    """To one server. What is sent may be sent twice: after a lost connection it is, once.

    Every caller has its answer or an error within `timeout_s`, whatever the network does. Callers may run on other
    event loops than that on which this was made.
    """

    def __init__(self, client: Any, *, timeout_s: float, lanes: int = LANES) -> None:
        self._pool = client.connection_pool
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        # Idle ones are kept: half of the pool is left to whoever else uses it.
        self._most = min(lanes, max(1, self._pool.max_connections // 2))
        self._idle: list[Any] = []
        self._busy = 0
        self._waiting: deque[_Waiting] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        if asyncio.get_running_loop() is not self._loop:
            elsewhere = asyncio.run_coroutine_threadsafe(self.send(commands), self._loop)
            return await asyncio.wrap_future(elsewhere)
        try:
            async with asyncio.timeout(self._timeout_s):
                if not self._busy and not self._waiting:
                    return await self._alone(commands)
                answers: asyncio.Future[list[Any]] = self._loop.create_future()
                self._waiting.append(_Waiting(commands, answers))
                self._start()
                return await answers
        except TimeoutError:
            raise TooLate("Redis did not answer in time.") from None

    async def _alone(self, commands: Sequence[Command]) -> list[Any]:
        """Without a task, which would cost a lone caller more than it spares."""
        self._busy += 1
        try:
            return await self._exchange(commands)
        finally:
            self._busy -= 1
            self._start()

    def _start(self) -> None:
        if self._waiting and self._busy < self._most:
            self._busy += 1
            task = self._loop.create_task(self._drive())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _drive(self) -> None:
        """One lane, for as long as anybody waits."""
        try:
            while self._waiting:
                await self._serve([self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))])
        finally:
            self._busy -= 1

    async def _serve(self, waiting: Sequence[_Waiting]) -> None:
        some = [each for each in waiting if not each.answers.done()]
        commands = [command for each in some for command in each.commands]
        if not commands:
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                found = iter(await self._exchange(commands))
        except Exception as error:  # noqa: BLE001 - it is the callers' to handle
            _fail(some, error)
            return
        except BaseException:
            _fail(some, Lost("The exchange with Redis was given up."))
            raise
        for each in some:
            answers = [next(found) for _ in each.commands]
            if not each.answers.done():
                each.answers.set_result(answers)

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        try:
            return await self._once(commands)
        except Lost:
            # What ended this one has likely ended those that nobody used meanwhile.
            while self._idle:
                await self._drop(self._idle.pop())
            return await self._once(commands)

    async def _once(self, commands: Sequence[Command]) -> list[Any]:
        connection = self._idle.pop() if self._idle else await self._pool.get_connection()
        try:
            await connection.send_packed_command(packed(commands))
            answers = [await _answer(connection) for _ in commands]
        except BaseException:
            await self._drop(connection)
            raise
        self._idle.append(connection)
        return answers

    async def _drop(self, connection: Any) -> None:
        await connection.disconnect(nowait=True)
        await self._pool.release(connection)


def packed(commands: Sequence[Command]) -> bytes:
    """As Redis reads them. redis-py's own way takes twice as long."""
    parts = []
    for command in commands:
        parts.append(b"*%d\r\n" % len(command))
        for part in command:
            data = part if isinstance(part, bytes) else str(part).encode()
            parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


async def _answer(connection: Any) -> Any:
    try:
        return await connection.read_response(disable_decoding=True, timeout=math.inf)
    except ResponseError as refused:
        return refused


def _fail(waiting: Sequence[_Waiting], error: Exception) -> None:
    for each in waiting:
        if not each.answers.done():
            each.answers.set_exception(error)


def raise_first(answers: Sequence[Any]) -> None:
    """Raise the first refusal among answers."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer


class Piped:
    """To the servers of a cluster, each of which gets its part."""

    def __init__(self, client: Any, *, timeout_s: float) -> None:
        self._client, self._timeout_s = client, timeout_s

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        try:
            async with asyncio.timeout(self._timeout_s), self._client.pipeline(transaction=False) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                answers: list[Any] = await pipe.execute(raise_on_error=False)
                return answers
        except TimeoutError:
            raise TooLate("Redis did not answer in time.") from None


def sender(client: Any, *, timeout_s: float) -> Sender:
    """For a redis.asyncio client of a server or of a cluster."""
    one_server = hasattr(client, "connection_pool")
    return Lanes(client, timeout_s=timeout_s) if one_server else Piped(client, timeout_s=timeout_s)

"""A proxy in front of Postgres or Redis that forwards, stalls, resets or trickles."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

Mode = Literal["forward", "stall", "reset", "trickle"]
T = TypeVar("T")
# With a zero linger time closing a socket sends RST, as a router that lost its tables does.
_ABRUPTLY = struct.pack("ii", 1, 0)


class Proxy:
    """Listens on a free port of loopback, on a thread and an event loop of its own."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = parts
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._mode: Mode = "forward"
        self._writers: set[asyncio.StreamWriter] = set()
        self._turning = asyncio.Event()
        self._turning.set()
        self._server = self._do(self._serve())
        port = self._server.sockets[0].getsockname()[1]
        user = parts.netloc.rpartition("@")[0]
        self.address = urlunsplit(
            parts._replace(netloc=f"{user}@127.0.0.1:{port}" if user else f"127.0.0.1:{port}", query="")
        )

    def turn(self, mode: Mode) -> None:
        """From here on for every connection, those that are open included; "reset" ends them."""
        self._do(self._turn(mode))

    def close(self) -> None:
        self._do(self._turn("reset"))
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _serve(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def _turn(self, mode: Mode) -> None:
        self._mode = mode
        if mode == "stall":
            self._turning.clear()
        else:
            self._turning.set()
        if mode == "reset":
            for writer in [*self._writers]:
                self._reset(writer)

    async def _stop(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        if raw is not None and raw.family == socket.AF_INET:
            with suppress(OSError):  # it has gone already
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPTLY)
        writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode == "reset":
            self._reset(writer)
            return
        to_read, to_write = await self._connect()
        self._writers |= {writer, to_write}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, to_write))
                both.create_task(self._pump(to_read, writer))
        finally:
            self._writers -= {writer, to_write}
            writer.close()
            to_write.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        given = parse_qs(self._upstream.query)
        if "host" in given:
            return await asyncio.open_unix_connection(f"{given['host'][0]}/.s.PGSQL.{given['port'][0]}")
        return await asyncio.open_connection(self._upstream.hostname, self._upstream.port)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # either side may end when it likes
            while data := await reader.read(65_536):
                await self._turning.wait()
                while self._mode == "trickle" and data:
                    writer.write(data[:1])
                    data = data[1:]
                    await asyncio.sleep(1)
                writer.write(data)
                await writer.drain()
            writer.close()


@contextmanager
def proxy_to(upstream: str) -> Iterator[Proxy]:
    """A proxy to the Postgres that listens in `upstream`'s socket folder, or to the Redis of that address."""
    proxy = Proxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()

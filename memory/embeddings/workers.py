"""The threads in which embedding models run, so that no event loop ever waits for one."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonExecutor(Executor):
    """A pool of at most `limit` daemon threads, started as they are needed.

    The standard pool is joined at exit: one provider that hangs would hold up the whole process.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0
        self._starting = threading.Lock()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        self._work.put((future, partial(fn, *args, **kwargs)))
        if not self._idle.acquire(blocking=False):
            self._start_one()
        return future

    def _start_one(self) -> None:
        with self._starting:
            if self._started == self._limit:
                return
            self._started += 1
            name = f"{self._name}-{self._started}"
        threading.Thread(target=self._serve, name=name, daemon=True).start()

    def _serve(self) -> None:
        while True:
            _run(*self._work.get())
            self._idle.release()


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    """In its own frame, so that an idle thread keeps neither a result nor a text alive."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the future
        future.set_exception(error)
    else:
        future.set_result(result)


# Two, so that a query does not wait behind a long batch. Joined at exit: native code must not be cut off.
LOCAL: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="embeddings-local")
REMOTE: Final = DaemonExecutor(limit=32, name="embeddings-remote")

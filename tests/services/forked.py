"""Processes forked from one that has imported the libraries of a command, which is most of what a short one costs.

From then on such a process is like any other: `main` is run as `python -m main` runs it, with an environment and files
of its own, and it ends as Python ends.
"""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from tests.services.postgres import PATIENCE_S, PROJECT

# None of ours: a console reads its environment when it is made. Not onnxruntime, whose thread no fork has.
_IMPORTED = (
    "langchain.chat_models",
    "langchain_openai",
    "langgraph.checkpoint.redis.aio",
    "langgraph.prebuilt",
    "langgraph.store.postgres.aio",
    "onnx",
    "prompt_toolkit",
    "pydantic_settings",
    "rich.progress",
    "snowballstemmer",
    "tokenizers",
    "typer",
)
_LONGEST = 100_000


class Parent:
    """The process that is forked, until `close`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._line, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "tests.services.forked", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        self._answers = self._line.makefile()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[int]) -> int:
        """`mnemograph` with these arguments, and stdin, stdout and stderr; its exit status."""
        request = json.dumps({"arguments": [*arguments], "environment": {**environment}})
        assert len(request) < _LONGEST
        socket.send_fds(self._line, [f"{request}\n".encode()], files)
        pid = int(self._answers.readline())
        self._line.settimeout(PATIENCE_S)
        try:
            return int(self._answers.readline())
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise
        finally:
            self._line.settimeout(None)

    def close(self) -> None:
        self._answers.close()
        self._line.close()
        self._process.wait(PATIENCE_S)


def _request(line: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, files, _, _ = socket.recv_fds(line, _LONGEST, 3)
    while data and not data.endswith(b"\n"):
        data += line.recv(_LONGEST)
    return json.loads(data or b"{}"), files


def _serve(line: socket.socket) -> None:
    """Returns in the parent when nobody asks any more, and in a child, which goes on as the command."""
    while True:
        request, files = _request(line)
        if not request:
            raise SystemExit
        child = os.fork()
        if child == 0:
            line.close()
            _become(request, files)
            return
        for file in files:
            os.close(file)
        line.sendall(f"{child}\n".encode())
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        line.sendall(f"{status}\n".encode())


def _become(request: dict[str, Any], files: list[int]) -> None:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["main", *request["arguments"]]


if __name__ == "__main__":
    for name in _IMPORTED:
        import_module(name)
    _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("main", run_name="__main__", alter_sys=True)

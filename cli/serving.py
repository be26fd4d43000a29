"""The LangGraph server as a child process."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.errors import UserError
from config.lifeline import Lifeline

PORTS_TRIED = 100
DRAIN_S = 10.0
WELCOME_LINES = 20
HEARD_S = 2.0
SERVERS_FILES = ".langgraph_api"
QUIET = {
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "1",
    "LANGGRAPH_STRICT_MSGPACK": "true",
    # Empty: else the server posts its counts to LangSmith every five minutes, with the key in the body.
    "LANGSMITH_CONTROL_PLANE_API_KEY": "",
    "LANGSMITH_USE_DAEMON": "true",
    "LOG_LEVEL": "WARNING",
}


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port that nobody listens on. Raises UserError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wanted, min(wanted + PORTS_TRIED, 65_536)):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except PermissionError:
                raise UserError(
                    f"Port {port} needs more rights than you have: choose one from 1024 up."
                ) from None
            except socket.gaierror:
                raise UserError(
                    f"MNEMOGRAPH_HOST is {host!r}; it must be an address of this machine."
                ) from None
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    raise UserError(
                        f"MNEMOGRAPH_HOST is {host!r}; it must be an address of this machine."
                    ) from None
                continue
            return port
    raise UserError(
        f"Ports {wanted} to {wanted + PORTS_TRIED - 1} are all taken: choose another with --port."
    )


@dataclass(frozen=True)
class Place:
    """Where the server runs and what it serves."""

    root: Path
    folder: Path
    host: str
    port: int

    @property
    def url(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def close_to_others(folder: Path) -> None:
    """The server's own files are in clear, and an earlier one left them to be read. Raises UserError."""
    kept = folder / SERVERS_FILES
    try:
        kept.mkdir(mode=0o700, exist_ok=True)
        kept.chmod(0o700)
    except OSError as error:
        raise UserError(
            f"{kept} cannot be closed to other accounts ({error.strerror}): give it back to who runs this."
        ) from error


class MemoryCheck:
    """`mnemograph memory-check` beside the starting server; it says itself what is wrong with the memories."""

    def __init__(self, root: Path) -> None:
        self._lifeline = Lifeline()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "main", "memory-check"],
            env={**_with_path(os.environ, root), **self._lifeline.environment},
            stdin=subprocess.DEVNULL,
            pass_fds=(self._lifeline.reader,),
            start_new_session=True,
        )
        self._lifeline.given()

    def status(self) -> int | None:
        """Its exit status, 0 when the memories are well; None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._lifeline.cut()


class Server:
    """One run of `langgraph dev`, silent until `speak`. It ends by itself when this process is gone."""

    def __init__(
        self, place: Place, environment: Mapping[str, str], *, keep_open: tuple[int, ...] = ()
    ) -> None:
        self._place = place
        self._lifeline = Lifeline()
        command = [sys.executable, "-m", "config.loading", "langgraph_cli", "dev"]
        command += ["--no-browser", "--no-reload", "--n-jobs-per-worker", "10"]
        command += ["--host", place.host, "--port", str(place.port)]
        command += ["--config", str(place.root / "langgraph.json")]
        # Its own session: Ctrl-C reaches us alone, and we end it in order.
        self._process = subprocess.Popen(  # noqa: S603
            command,
            cwd=place.folder,
            env={**QUIET, **_with_path(environment, place.root), **self._lifeline.environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(self._lifeline.reader, *keep_open),
            start_new_session=True,
            # What it writes down of conversations is nobody else's on this machine.
            umask=0o077,
        )
        self._lifeline.given()
        self._may_speak = threading.Event()
        self._listener = threading.Thread(target=self._pass_on, name="server-stderr", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._place.url}/health", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def speak(self) -> None:
        """From now on what it says is printed, and what it has said."""
        self._may_speak.set()

    def said_all(self) -> None:
        """Wait until all that it said before its end is printed."""
        self._listener.join(HEARD_S)

    def stop(self, *, hurry: Callable[[], bool], drain_s: float = DRAIN_S) -> None:
        """Let running turns end, within `drain_s` and until `hurry`; nothing of it is left afterwards."""
        with contextlib.suppress(ProcessLookupError):
            if self.ended() is None:
                self._process.send_signal(signal.SIGTERM)
        end = time.monotonic() + drain_s
        while self.ended() is None and not hurry() and time.monotonic() < end:
            time.sleep(0.05)
        self.kill()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._lifeline.cut()

    def _pass_on(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it is a pipe
        for line in without_welcome(raw.decode(errors="replace") for raw in self._process.stderr):
            self._may_speak.wait()
            sys.stderr.write(line)
            sys.stderr.flush()


def _with_path(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    path = [str(root), *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(path)}


def without_welcome(lines: Iterable[str]) -> Iterator[str]:
    """What the server says, without LangGraph's own welcome: ours says where it is."""
    left, blank = 0, False
    for line in lines:
        if line.startswith("INFO:langgraph_api.cli:"):
            left = WELCOME_LINES
        if left:
            blank = line.startswith("For production use")
            left = 0 if blank else left - 1
        elif line.strip() or not blank:
            blank = False
            yield line

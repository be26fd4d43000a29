"""Keeps the LangGraph server running: again when it dies or its source changes, until told to stop."""

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from dotenv import dotenv_values
from rich.markup import escape

from cli.console import err, out
from cli.serving import MemoryCheck, Place, Server
from cli.sources import Stamps, changed, stamps
from config.env_file import env_file
from config.settings import Settings

TICK_S = 0.1
SOURCES_EVERY_S = 0.7
START_LIMIT_S = 120.0
RESTARTS = 5
SHORT_LIFE_S = 2.0
FAILED = 1


def server_environment(
    given: dict[str, str], dotenv: dict[str, str | None]
) -> tuple[dict[str, str], list[str]]:
    """The server's environment, and the names to which `.env` gives another value; the environment wins."""
    extra = {name: value for name, value in dotenv.items() if value and not given.get(name)}
    return {**given, **extra}, sorted(n for n, v in dotenv.items() if v and given.get(n) and given[n] != v)


@dataclass
class Supervisor:
    """Runs the server, and runs it again when it dies or its source changes."""

    place: Place
    configured: Settings
    inherited: int
    check: MemoryCheck
    reload: bool
    _signals: list[int] = field(default_factory=list)
    _short_lives: int = 0
    _sources: Stamps = field(default_factory=dict)

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self._sources = self._stamps()
        first = True
        while not self._signals:
            server = self._start(first=first)
            first = False
            try:
                status = self._attend(server)
            finally:
                self._end(server)
            if status is not None:
                return status
        return 0

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self._signals.append(number)

    def _start(self, *, first: bool) -> Server:
        file = env_file()
        dotenv = dotenv_values(file) if file.is_file() else {}
        environment, clashes = server_environment(dict(os.environ), dotenv)
        if first and clashes:
            _warn(f"{', '.join(clashes)} in {file} differs from the environment, which wins.")
        return Server(self.place, environment, keep_open=(self.inherited,))

    def _attend(self, server: Server) -> int | None:
        """Until the server should be started again (None), or everything ends (the exit status)."""
        if not self._wait_until_it_answers(server):
            return self._after_failed_start(server)
        out.print(greeting(self.place, self.configured), soft_wrap=True)
        born = looked = time.monotonic()
        while not self._signals:
            time.sleep(TICK_S)
            if server.ended() is not None:
                return self._after_death(server, time.monotonic() - born)
            if self.reload and time.monotonic() - looked > SOURCES_EVERY_S:
                looked = time.monotonic()
                if self._has_changed():
                    return None
        out.print("Stopping: turns that are running may end first. Ctrl-C again to stop at once.")
        return None

    def _wait_until_it_answers(self, server: Server) -> bool:
        end = time.monotonic() + START_LIMIT_S
        while server.ended() is None and not self._signals and time.monotonic() < end:
            if self.check.status():
                return False
            if self.check.status() == 0:
                server.speak()
                if server.answers():
                    return True
            time.sleep(TICK_S)
        return False

    def _memory_fault(self) -> int:
        """The status of a check that found a fault, and said which; 0 for none."""
        while (status := self.check.status()) is None and not self._signals:
            time.sleep(TICK_S)
        return status or 0

    def _after_failed_start(self, server: Server) -> int | None:
        fault = self._memory_fault()
        if self._signals or fault:
            return fault or None
        server.speak()
        if server.ended() is None:
            _warn(f"The server did not answer within {START_LIMIT_S:.0f} s.")
            return FAILED
        if (server.ended() or 0) < 0:
            return self._after_death(server, 0.0)
        server.said_all()
        _warn(f"The server did not start ({_how(server.ended())}); what it said stands above.")
        if not self.reload:
            return FAILED
        _warn("It is started again when a source file changes; Ctrl-C ends this.")
        while not self._signals and not self._has_changed():
            time.sleep(SOURCES_EVERY_S)
        return None

    def _after_death(self, server: Server, lived_s: float) -> int | None:
        self._short_lives = self._short_lives + 1 if lived_s < SHORT_LIFE_S else 0
        how = _how(server.ended())
        if self._short_lives >= RESTARTS:
            _warn(f"The server ended {RESTARTS} times at once after its start ({how}): giving up.")
            return FAILED
        _warn(f"The server ended unexpectedly ({how}); starting it again.")
        return None

    def _end(self, server: Server) -> None:
        if len(self._signals) > 1 or self.check.status() != 0:
            server.kill()
        else:
            server.stop(hurry=lambda: len(self._signals) > 1)

    def _stamps(self) -> Stamps:
        return stamps(self.place.root, env_file()) if self.reload else {}

    def _has_changed(self) -> bool:
        before, self._sources = self._sources, self._stamps()
        files = changed(before, self._sources)
        if files:
            shown = ", ".join(_short(path, self.place.root) for path in files[:3])
            out.print(f"{escape(shown)} changed; starting the server again.", soft_wrap=True)
        return bool(files)


def greeting(place: Place, configured: Settings) -> str:
    """What is up, and how to talk to it, as markup."""
    url = place.url
    header, argument = ("", "") if configured.auth == "none" else KEY_SHOWN
    return GREETING.format(
        url=url,
        model=configured.model,
        folder=escape(str(place.folder)),
        curl=escape(
            f"curl -s {url}/runs/wait{header} -H 'content-type: application/json' "
            '-d \'{"assistant_id": "agent", "input": {"messages": '
            '[{"role": "user", "content": "My name is Ana and I live in Porto."}]}}\''
        ),
        client=escape(f'get_sync_client(url="{url}"{argument})'),
    )


KEY_SHOWN = (" -H 'x-api-key: <your key>'", ', api_key="<your key>"')

GREETING = """\
[bold]Mnemograph[/] is up  [dim](model {model}, data in {folder}; Ctrl-C stops it)[/]
  [bold]page[/]      [bold]{url}[/]  chat, memories, time travel: open it in a browser
  [bold]talk[/]      make chat, in another terminal
  [bold]curl[/]      {curl}
  [bold]Python[/]    from langgraph_sdk import get_sync_client
            message = {{"role": "user", "content": "Where do I live?"}}
            state = {client}.runs.wait(None, "agent", input={{"messages": \\[message]}})
            print(state["messages"][-1]["content"])
  [bold]others[/]    agent-chat-ui: give it {url} and the graph agent
  [bold]Studio[/]    https://smith.langchain.com/studio/?baseUrl={url}
  [bold]API[/]       {url}/docs"""


def _warn(sentence: str) -> None:
    err.print(f"[yellow]{escape(sentence)}[/]", soft_wrap=True)


def _how(status: int | None) -> str:
    if status is not None and status < 0:
        return f"by {signal.Signals(-status).name}"
    return f"with status {status}"


def _short(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)

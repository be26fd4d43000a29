"""`mnemograph chat`: the agent in a terminal."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, InMemoryHistory

from agents.admission import refusal
from cli.console import out, plain, sentence_for
from cli.conversation import Conversation, Happening, thread_uuid, when
from cli.questions import Questions
from cli.show import basis, lessons, memory_table, receipt
from cli.threads import told
from config.errors import UserError
from config.settings import Settings
from graphs.chat import open_chat
from graphs.recovery import recover
from graphs.threads import owner_of_thread, threads_of
from graphs.undo import redo, undo
from memory.lifecycle.changing.change import forget
from memory.lifecycle.reading.listing import holding, memories_of
from memory.schema import Kind, Memory
from memory.text import shorten

HELP = """\
[bold]/memories[/] what is remembered of you    [bold]/forget[/] N or words    [bold]/new[/] a new conversation
[bold]/threads[/] earlier conversations         [bold]/open[/] N one of them    [bold]/quit[/]
[bold]/undo[/] the last turn, and what it taught   [bold]/redo[/] it     [bold]/skip[/] a question"""


class Leave(Exception):  # noqa: N818 - not an error: how a command ends the loop
    """The user wants to go."""


@dataclass
class Terminal:
    """A conversation, and what was last listed so that a number can name it."""

    talk: Conversation
    configured: Settings
    threads: list[str] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    questions: Questions = field(default_factory=Questions)
    recalled: list[dict[str, Any]] = field(default_factory=list)

    async def turn(self, text: str) -> None:
        """Send a message, and show what was recalled, said, done and learned."""
        if sentence := refusal(text, self.configured.max_message_chars):
            out.print(f"[yellow]{plain(sentence)}[/]")
            return
        self.questions.close()
        await self._show(self.talk.send(text))

    async def say(self, line: str) -> None:
        """What a line that is no command does: it answers what is asked, or begins a turn."""
        taken, answers = self.questions.take(line)
        if not taken:
            await self.turn(line)
        elif answers is None:
            self.questions.show()
        else:
            self.questions.close()
            await self._show(self.talk.answer(answers))

    async def skip(self, _: str) -> None:
        self.questions.close()
        out.print("[dim]Left open: what you say next goes on without it.[/]")

    async def resume(self) -> None:
        """Ask again what an earlier run of the conversation stopped to ask."""
        self.questions.ask(await self.talk.questions())

    async def _show(self, happenings: AsyncIterator[tuple[Happening, Any]]) -> None:
        speaking = False
        async for what, value in happenings:
            if what == "broken":
                out.print(" [dim](this answer broke off)[/]" if speaking else "")
                speaking = False
                continue
            if what == "token":
                out.print("" if speaking else "[bold magenta]agent[/] ", plain(value), sep="", end="")
                speaking = True
                continue
            if speaking:
                out.print()
                speaking = False
            if what == "question":
                self.questions.ask(value)
                continue
            if what == "recalled":
                self.recalled = value
            for line in basis(value, self.recalled) if what == "used" else _lines(what, value):
                out.print(f"  {line}")
        if speaking:
            out.print()

    async def show_threads(self, _: str) -> None:
        found = await threads_of(self.talk.chat, self.talk.user_id)
        self.threads = [thread.thread_id for thread in found]
        for number, thread in enumerate(found, start=1):
            here = "[green]*[/]" if thread.thread_id == self.talk.thread_id else " "
            said = plain(shorten(thread.first_human, 70))
            out.print(f"{here} {number:>2}  [dim]{when(thread.ts)}[/]  {said}")
        if not found:
            out.print("There are no conversations yet.")

    async def open_thread(self, which: str) -> None:
        if not which.isdigit() or not 1 <= int(which) <= len(self.threads):
            raise UserError("Give a number from /threads, such as /open 1.")
        self.talk = Conversation(self.talk.chat, self.talk.user_id, self.threads[int(which) - 1])
        for message in await self.talk.messages():
            if message.type in ("human", "ai") and message.text:
                who = "[bold blue]you[/]" if message.type == "human" else "[bold magenta]agent[/]"
                out.print(f"{who} {plain(str(message.text))}")
        await self.resume()

    async def show_memories(self, _: str) -> None:
        self.memories = await memories_of(self.talk.store, self.talk.user_id)
        if self.memories:
            out.print(memory_table(self.memories))
        else:
            out.print("Nothing is remembered of you yet.")

    async def forget(self, which: str) -> None:
        memory = await self._named(which)
        await forget(self.talk.store, self.talk.user_id, memory)
        self.gone.add(memory.id)
        out.print(f"Forgotten, with its words in every memory: {plain(memory.text)}")
        out.print("This conversation still has them before it: /new begins one that has not.", style="dim")

    async def _named(self, which: str) -> Memory:
        """The one memory that a number or words mean. Raises UserError when it is none, or not one."""
        if which.isdigit():
            if not 1 <= int(which) <= len(self.memories):
                raise UserError("Give a number from /memories, such as /forget 1.")
            found = [self.memories[int(which) - 1]]
        else:
            found = await self._matching(which)
        left = [memory for memory in found if memory.id not in self.gone]
        if not left:
            raise UserError(
                "No memory matches: list them with /memories and name one by number or by its words."
            )
        if len(left) > 1:
            self.memories = left
            out.print(memory_table(left))
            raise UserError("Several memories match: say which one with /forget and its number.")
        return left[0]

    async def _matching(self, words: str) -> list[Memory]:
        store, user_id = self.talk.store, self.talk.user_id
        facts, episodes = [
            await memories_of(store, user_id, kinds=(kind,)) for kind in (Kind.SEMANTIC, Kind.EPISODIC)
        ]
        return holding(words, facts, episodes)

    async def undo(self, _: str) -> None:
        self.questions.close()
        out.print(told("Undone", await undo(self.talk.chat, self.talk.user_id, self.talk.thread_id)))

    async def redo(self, _: str) -> None:
        out.print(told("Redone", await redo(self.talk.chat, self.talk.user_id, self.talk.thread_id)))

    async def new(self, _: str) -> None:
        self.talk = Conversation(self.talk.chat, self.talk.user_id)
        self.questions.close()
        out.print("[dim]A new conversation. What you told me before is in memory.[/]")

    async def help(self, _: str) -> None:
        out.print(HELP)

    async def quit(self, _: str) -> None:
        raise Leave

    async def command(self, line: str) -> None:
        """Run a slash command. Raises UserError on one that there is not."""
        name, _, rest = line[1:].partition(" ")
        commands: dict[str, Callable[[str], Coroutine[Any, Any, None]]] = {
            "threads": self.show_threads,
            "open": self.open_thread,
            "memories": self.show_memories,
            "forget": self.forget,
            "undo": self.undo,
            "redo": self.redo,
            "skip": self.skip,
            "new": self.new,
            "help": self.help,
            "quit": self.quit,
            "exit": self.quit,
        }
        if name not in commands:
            raise UserError(f"There is no command /{name}; /help lists them.")
        await commands[name](rest.strip())


def _lines(what: str, value: Any) -> list[str]:
    if what == "recalled":
        return receipt(value)
    if what == "learned":
        return lessons(value)
    if what == "call":
        return [f"[yellow]→ {value['name']}[/] [dim]{plain(shorten(str(value['args']), 120))}[/]"]
    if what == "result":
        colour = "red" if value.status == "error" else "dim"
        return [f"[{colour}]{plain(shorten(str(value.text), 200))}[/]"]
    return [f"[yellow]! {plain(str(value))}[/]"]


async def chat(configured: Settings, user_id: str, thread: str | None) -> int:
    """Talk until the user leaves. Raises UserError when memory cannot be opened, or on a bad thread id."""
    thread_id = thread_uuid(thread) if thread else None
    async with open_chat(configured) as graph:
        await recover(graph, user_id)
        talk = Conversation(graph, user_id, *([thread_id] if thread_id else []))
        await _refuse_anothers(talk)
        out.print(f"[bold]Mnemograph[/] [dim]· {configured.model} · {user_id} · /help[/]")
        terminal = Terminal(talk, configured)
        await terminal.resume()
        ask = _asker(configured.data_path)
        with suppress(Leave, EOFError):
            while True:
                await _step(terminal, await ask())
    return 0


async def _refuse_anothers(talk: Conversation) -> None:
    """Raise UserError when the thread to go on with is another user's."""
    owner = await owner_of_thread(talk.chat, talk.thread_id)
    if owner not in (None, talk.user_id):
        raise UserError(
            f"The thread {talk.thread_id} is not {talk.user_id!r}'s: list your own with /threads."
        )


async def _step(terminal: Terminal, line: str) -> None:
    """One line of the user's. An error is told in a sentence; the conversation goes on."""
    try:
        if line.startswith("/"):
            await _stoppable(terminal.command(line))
        else:
            await _stoppable(terminal.say(line))
    except Leave:
        raise
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        out.print(f"[red]{plain(sentence)}[/]")


async def _stoppable(work: Coroutine[Any, Any, None]) -> None:
    """Ctrl-C ends what is under way, not the conversation."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        out.print(" [dim](stopped)[/]")
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _asker(folder: Path) -> Callable[[], Coroutine[Any, Any, str]]:
    """How the next line is got: with history and arrow keys from a person, plainly from a pipe."""
    if not sys.stdin.isatty():

        async def read() -> str:
            line: str = await asyncio.to_thread(sys.stdin.readline)
            if not line:
                raise EOFError
            out.print(f"[bold blue]you[/] {plain(line.rstrip())}")
            return line.rstrip("\n")

        return read
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        kept = folder / "history"
        kept.touch(mode=0o600)
        kept.chmod(0o600)
        history: FileHistory | InMemoryHistory = FileHistory(str(kept))
    except OSError:
        history = InMemoryHistory()
    prompt: PromptSession[str] = PromptSession("you ", history=history)

    async def ask() -> str:
        try:
            return str(await prompt.prompt_async())
        except KeyboardInterrupt:
            raise EOFError from None

    return ask

"""A plain Redis as a keeper of threads: each operation one step of its own, over bytes that it need not understand."""

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any, cast

from langgraph.checkpoint.serde.base import SerializerProtocol
from redis.exceptions import NoScriptError

from config.errors import UserError
from memory.short_term.blocks import Known, names_in
from memory.short_term.conflict import GRAVE_LIVES_S, ThreadDeletedError, made_by_now
from memory.short_term.early import written
from memory.short_term.redis.away import spoken
from memory.short_term.redis.index import Index
from memory.short_term.redis.lanes import Command, Sender, raise_first
from memory.short_term.redis.names import Names, writes_field
from memory.short_term.redis.records import Change, Loaded, Record, Written, frames, joined, loaded
from memory.short_term.redis.scripts import (
    CHAIN,
    DELETE,
    HEADS,
    LIST,
    LOAD,
    PUT,
    PUT_WRITES,
    REMOVE,
    RESEAL,
    SWEEP,
    TAKE,
    Script,
)

EARLY_MS = 86_400_000
"""For how long writes wait for their checkpoint when nothing else of the thread is there."""


class ThreadIncompleteError(UserError):
    """A part of a thread is missing, which Redis lost or somebody removed."""


class Threads:
    """Whole threads in one Redis, Valkey or cluster of them. Raises RedisAwayError."""

    def __init__(self, sender: Sender, *, names: Names, ttl_ms: int, refresh_on_read: bool) -> None:
        self._sender = sender
        self.names = names
        self.index = Index(sender, names, ttl_ms)
        self._blocks = Known()
        self._ttl_ms = ttl_ms
        self._read_ttl_ms = ttl_ms if refresh_on_read else 0

    async def put(self, thread_id: str, namespace: str, checkpoint_id: str, written: Written) -> None:
        """Raises ThreadDeletedError and ThreadIncompleteError, and then nothing is written."""
        head = written.head
        also = [] if namespace else self.index.noting(thread_id, checkpoint_id)
        known = self.index.knows(head.run_id, thread_id)
        if not known:
            also += self.index.noting_run(head.run_id, thread_id)
        of_a_run = int(not namespace and head.source == "loop")
        given = (namespace, checkpoint_id, head.parent, head.root, self._ttl_ms, of_a_run, written.record)
        there = self._blocks.of(thread_id, namespace) & written.blocks.keys()
        answer = await self._run(PUT, thread_id, *given, *_contents(written, there), before=also)
        if answer == b"resend":
            answer = await self._run(PUT, thread_id, *given, *_contents(written, frozenset()))
        if answer == b"deleted" and not any(await self._asked(("EXISTS", self.names.thread(thread_id)))):
            # It was noted before it was refused.
            await self.index.forget(thread_id)
        self._check(answer, thread_id)
        self._blocks.saw(thread_id, namespace, written.blocks)
        if not known:
            self.index.noted(head.run_id, thread_id)

    async def put_writes(
        self, thread_id: str, namespace: str, checkpoint_id: str, writes: dict[bytes, bytes], replace: bool
    ) -> None:
        """Those of a name that is there already stay, or are replaced. Raises ThreadDeletedError."""
        given = [part for pair in writes.items() for part in pair]

        async def write() -> bool | None:
            answer = await self._run(
                PUT_WRITES,
                thread_id,
                *(namespace, checkpoint_id, self._ttl_ms, EARLY_MS, int(replace)),
                *given,
                before=self.index.living(),
            )
            return None if answer == b"early" else answer == b"ok"

        if not await written(write):
            raise ThreadDeletedError(thread_id)

    async def load(self, thread_id: str, *places: str, refresh: bool = False) -> list[Loaded]:
        """Namespace and id of each in turn; an empty id is the newest. Those that are not there are left out.

        Raises ThreadIncompleteError when a value is missing.
        """
        ms = self._read_ttl_ms if refresh else 0
        also = self.index.living() if ms else []
        answer = await self._run(LOAD, thread_id, ms, *places, before=also)
        self._check(answer, thread_id)
        found = [*loaded(answer)]
        for each in found:
            if not all(all(parts) for parts in each.values):
                raise _incomplete(thread_id)
        if refresh and found:
            self._blocks.saw(thread_id, found[0].namespace, found[0].blocks)
        return found

    async def heads(
        self,
        thread_id: str,
        *,
        namespace: str | None = None,
        before: str = "",
        checkpoint_id: str = "",
        limit: int = -1,
        whole: bool = False,
    ) -> list[tuple[str, Record]]:
        """Checkpoints by their fields, newest first; those that are not `whole` have a head alone."""
        answer = await self._run(
            LIST,
            thread_id,
            *(int(namespace is not None), namespace or "", before, checkpoint_id, limit, int(whole)),
        )
        return _heads(answer)

    async def all_heads(self, thread_ids: Sequence[str]) -> list[list[tuple[str, Record]]]:
        """Of each thread all checkpoints by their fields, with a head alone."""
        answers = await self._run_all(LIST, thread_ids, 0, "", "", "", -1, 0)
        return [_heads(answer) for answer in answers]

    async def newest(self, thread_ids: Sequence[str]) -> list[tuple[str, Record, Record | None] | None]:
        """Of each thread the id and the record of the root's newest checkpoint, and of the newest by a run."""
        answers = await self._run_all(HEADS, thread_ids)
        found: list[tuple[str, Record, Record | None] | None] = []
        for thread_id, answer in zip(thread_ids, answers, strict=True):
            if not answer:
                found.append(None)
                continue
            checkpoint_id, record, of_a_run = frames(answer)
            if not record:
                raise _incomplete(thread_id)
            found.append((checkpoint_id.decode(), Record(record), Record(of_a_run) if of_a_run else None))
        return found

    async def chain(
        self, thread_id: str, namespace: str, checkpoint_id: str, most: int, channels: Sequence[str]
    ) -> list[tuple[str, Record, bytes]]:
        """Ids, records and writes of the checkpoints before this one, at most one less than `most`."""
        parts = frames(await self._run(CHAIN, thread_id, namespace, checkpoint_id, 1, most, *channels))
        return [(each.decode(), Record(next(parts)), next(parts)) for each in parts]

    async def values(self, serde: SerializerProtocol, thread_id: str, fields: Sequence[str]) -> list[Any]:
        """Raises ThreadIncompleteError when one is missing."""
        if not fields:
            return []
        found = await self._fields(thread_id, list(fields))
        return [
            joined(serde, await self._fields(thread_id, blocks) if (blocks := names_in(value)) else [value])
            for value in found
        ]

    async def _fields(self, thread_id: str, fields: Sequence[str] | Sequence[bytes]) -> list[bytes]:
        (found,) = await self._asked(("HMGET", self.names.thread(thread_id), *fields))
        present = [each for each in found if each is not None]
        if len(present) < len(found):
            raise _incomplete(thread_id)
        return present

    async def remove(self, thread_id: str, fields: Sequence[str]) -> int:
        """How many checkpoints went, with their writes and the values that no other one shows."""
        return int(await self._run(REMOVE, thread_id, *fields)) if fields else 0

    async def forget_writes(self, thread_id: str, checkpoint_ids: Sequence[str]) -> None:
        """What tasks wrote beside checkpoints of the root graph."""
        if checkpoint_ids:
            fields = [writes_field(each, "") for each in checkpoint_ids]
            await self._asked(("HDEL", self.names.thread(thread_id), *fields))

    async def delete(self, thread_id: str) -> None:
        await self._run(DELETE, thread_id, GRAVE_LIVES_S * 1_000, made_by_now())
        await self.index.forget(thread_id)

    async def exhume(self, thread_id: str) -> None:
        """A thread that was deleted may have checkpoints from before."""
        await self._asked(("DEL", self.names.grave(thread_id)))

    async def held(self, thread_ids: Sequence[str]) -> dict[str, int]:
        """How many of these threads have a key, and how many are in the list."""
        if not thread_ids:
            return {"thread keys": 0, "thread list": 0}
        keys = await self._asked(*(("EXISTS", self.names.thread(each)) for each in thread_ids))
        listed = await self._asked(*(("ZSCORE", self.names.threads, each) for each in thread_ids))
        return {"thread keys": sum(keys), "thread list": sum(each is not None for each in listed)}

    async def fields(self, thread_id: str) -> dict[bytes, bytes]:
        """All of a thread as of one moment."""
        (flat,) = await self._asked(("HGETALL", self.names.thread(thread_id)))
        return dict(zip(flat[::2], flat[1::2], strict=True))

    async def take(self, thread_id: str, fields: dict[bytes, bytes], before: Sequence[Command]) -> None:
        """Add fields of another thread; what is there already stays."""
        given = [part for pair in fields.items() for part in pair]
        await self._run(TAKE, thread_id, self._ttl_ms, *given, before=before)

    async def field_names(self, thread_id: str) -> list[bytes]:
        (found,) = await self._asked(("HKEYS", self.names.thread(thread_id)))
        return cast(list[bytes], found)

    async def some(self, thread_id: str, fields: Sequence[bytes]) -> dict[bytes, bytes]:
        """Those of these fields that are there."""
        (found,) = await self._asked(("HMGET", self.names.thread(thread_id), *fields)) if fields else ([],)
        return {field: data for field, data in zip(fields, found, strict=True) if data is not None}

    async def reseal(self, thread_id: str, changes: Sequence[Change]) -> int:
        """How many were made: what somebody has written meanwhile stays, and so does the thread's time to live."""
        given = [
            (change.field, change.old, change.new, *chain.from_iterable(change.also.items()))
            for change in changes
        ]
        return (
            sum(map(int, await self._run_each(RESEAL, [(thread_id, *args) for args in given])))
            if given
            else 0
        )

    async def sweep(self, thread_id: str) -> None:
        """Take away what long lists consisted of that are stored otherwise by now."""
        await self._run(SWEEP, thread_id)

    async def _asked(self, *commands: Command) -> list[Any]:
        with spoken():
            answers = await self._sender.send(commands)
            raise_first(answers)
        return answers

    def _check(self, answer: bytes, thread_id: str) -> None:
        if answer == b"deleted":
            raise ThreadDeletedError(thread_id)
        if answer == b"incomplete":
            raise _incomplete(thread_id)

    def _command(self, script: Script, thread_id: str, *args: Any) -> Command:
        return ("EVALSHA", script.sha, 2, self.names.thread(thread_id), self.names.grave(thread_id), *args)

    async def _run(self, script: Script, thread_id: str, *args: Any, before: Sequence[Command] = ()) -> bytes:
        """The script's answer; all in one round trip. What goes `before` is only for the index."""
        command = self._command(script, thread_id, *args)
        with spoken():
            *notes, answer = await self._sender.send([*before, command])
            if isinstance(answer, NoScriptError):
                (answer,) = await self._sender.send([_as_text(script, command)])
            raise_first([*notes, answer])
        return cast(bytes, answer)

    async def _run_all(self, script: Script, thread_ids: Sequence[str], *args: Any) -> list[bytes]:
        return await self._run_each(script, [(thread_id, *args) for thread_id in thread_ids])

    async def _run_each(self, script: Script, asked: Sequence[tuple[Any, ...]]) -> list[bytes]:
        """Each is a thread's id and the script's arguments."""
        commands = [self._command(script, *each) for each in asked]
        with spoken():
            answers = await self._sender.send(commands)
            if any(isinstance(answer, NoScriptError) for answer in answers):
                answers = await self._sender.send([_as_text(script, command) for command in commands])
            raise_first(answers)
        return answers


def _heads(answer: bytes) -> list[tuple[str, Record]]:
    parts = frames(answer)
    return [(field.decode(), Record(next(parts))) for field in parts]


def _as_text(script: Script, command: Command) -> Command:
    """For a Redis that does not know the script yet."""
    return ("EVAL", script.text, *command[2:])


def _contents(written: Written, there: Collection[bytes]) -> list[Any]:
    """What PUT takes after the record; blocks that are there already are named alone."""
    sent = [each for each in written.blocks.items() if each[0] not in there]
    pairs = [*written.new.items(), *sent]
    return [len(pairs), *(part for pair in pairs for part in pair), len(there), *there, *written.old]


def _incomplete(thread_id: str) -> ThreadIncompleteError:
    return ThreadIncompleteError(
        f"A part of the conversation {thread_id!r} is missing from Redis: it has expired, or Redis was emptied or lost "
        "data; begin a new conversation, or restore Redis from a backup."
    )

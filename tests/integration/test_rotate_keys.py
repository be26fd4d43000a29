"""Conversations under other keys: from clear to sealed, from one key to the next, beside what is running."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.types import TASKS
from psycopg.types.json import Jsonb

from cli.encrypt import encrypt_all
from cli.rotate_keys import rotate_keys, seal_conversations
from config.errors import UserError
from config.settings import Settings
from memory.postgres.pool import open_pool
from memory.short_term.factory import open_checkpointer, state_parts
from memory.short_term.postgres.reseal import reseal
from memory.short_term.sealed.envelope import UnreadableStateError, header_of
from memory.short_term.sealed.passes import UnreadPartsError
from tests.contract import stored
from tests.contract.test_sealed_checkpointers import WORDS, converse, graph, history, thread
from tests.services.command import finished
from tests.services.encrypted import OLD
from tests.services.sealed import BOTH_KEYS, NEW_KEY, OLD_KEY, rows, sealed_saver, told_by_writes

TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")


async def rotated(address: str, keys: str, *, heard: Callable[[int], None] | None = None, **more: Any) -> int:
    _, state = state_parts(Settings(postgres=address, encryption_keys=keys, **more))
    assert state
    async with open_pool(address, max_size=2, timeout_s=20, name="rotating") as pool:
        return await reseal(pool, state, **({"on_done": heard} if heard else {}))


def counted(address: str) -> int:
    """All rows that hold something of a conversation."""
    kept = "WHERE type IS DISTINCT FROM 'empty'"
    return sum(rows(address, f"SELECT count(*) FROM {table} {kept}")[0][0] for table in TABLES)


async def test_after_a_rotation_the_old_key_opens_nothing_and_is_not_needed(database: str) -> None:
    async with sealed_saver(database, OLD_KEY) as saver:
        before = await converse(saver)
        await converse(saver, "other")
        wanted = await history(saver)
    assert header_of("old") in stored.in_postgres(database)
    assert await rotated(database, BOTH_KEYS, compress_state_from=64) == counted(database)
    assert header_of("old") not in stored.in_postgres(database)
    assert await rotated(database, BOTH_KEYS) == 0
    async with sealed_saver(database, NEW_KEY) as saver:
        assert await history(saver) == wanted
        assert (await graph(saver).aget_state(thread())).values == before
        assert len([each async for each in saver.alist(None, filter={"pet": "porcupine"})]) == 2 * len(wanted)
        await converse(saver)
    async with sealed_saver(database, OLD_KEY) as saver:
        with pytest.raises(UnreadableStateError, match="under the key 'new'"):
            await saver.aget_tuple(thread())


async def test_a_damaged_row_stopped_the_rotation_of_all_others(database: str) -> None:
    async with sealed_saver(database, OLD_KEY) as saver:
        for name in "abc":
            await converse(saver, name)
    cut = "UPDATE checkpoint_blobs SET blob = substring(blob FROM 1 FOR 30)"
    rows(database, f"{cut} WHERE thread_id = 'b' AND channel = 'messages' RETURNING 1")
    everything = counted(database)
    with pytest.raises(
        UnreadPartsError, match=r"2 of the parts of .* \(b messages .*altered, cut short"
    ) as caught:
        await rotated(database, BOTH_KEYS)
    assert "\n" not in caught.value.sentence
    left = rows(
        database, "SELECT thread_id FROM checkpoint_blobs WHERE position(%s in blob) = 1", header_of("old")
    )
    assert left == [("b",), ("b",)]
    rows(database, "DELETE FROM checkpoint_blobs WHERE thread_id = 'b' AND channel = 'messages' RETURNING 1")
    assert await rotated(database, BOTH_KEYS) == 0
    assert counted(database) == everything - 2
    assert header_of("old") not in stored.in_postgres(database)


async def test_a_rotation_that_was_ended_goes_on_where_it_was(database: str) -> None:
    async with sealed_saver(database, OLD_KEY) as saver:
        for name in "abc":
            await converse(saver, name)
    everything = counted(database)

    class EndedError(Exception):
        pass

    done: list[int] = []

    def heard(more: int) -> None:
        done.append(more)
        if len(done) == 2:
            raise EndedError

    with pytest.raises(EndedError):
        await rotated(database, BOTH_KEYS, heard=heard)
    assert await rotated(database, BOTH_KEYS) == everything - sum(done) > 0


async def test_turns_go_on_while_keys_are_rotated(database: str) -> None:
    """Servers that read both keys: some write the old one still, some the new one."""
    async with (
        sealed_saver(database, f"{NEW_KEY},{OLD_KEY}") as late,
        sealed_saver(database, BOTH_KEYS) as early,
    ):
        for name in "abcd":
            await converse(late, name)
        *_, sealed = await asyncio.gather(
            *(converse(early, name) for name in "abcd"),
            *(converse(early, name) for name in "efgh"),
            rotated(database, BOTH_KEYS),
        )
        assert sealed > 0
        assert len([each async for each in late.alist(None, filter={"pet": "porcupine"})]) == len(
            [each async for each in early.alist(None)]
        )
        # Two keys in use are two listings, merged.
        found = [
            each.checkpoint["id"] async for each in early.alist(None, filter={"pet": "porcupine"}, limit=9)
        ]
        assert found == sorted(found, reverse=True)
        assert len(found) == 9
    await rotated(database, BOTH_KEYS)
    async with sealed_saver(database, NEW_KEY) as saver:
        for name in "abcd":
            assert (await graph(saver).aget_state(thread(name))).values["notes"] == [
                "astronomy",
                "reykjavik",
            ] * 2


async def test_a_writer_that_does_not_know_the_newest_key_is_noticed(database: str) -> None:
    async with sealed_saver(database, OLD_KEY) as saver:
        await converse(saver)
    again = "UPDATE checkpoints SET metadata = jsonb_set(metadata, '{~key}', '\"old\"')"
    with pytest.raises(UserError, match="goes on writing conversations under another key"):
        await rotated(database, BOTH_KEYS, heard=lambda _: rows(database, again) and None)


async def test_what_langgraphs_own_saver_wrote_is_sealed_where_it_stands(
    database: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with AsyncPostgresSaver.from_conn_string(database) as stock:
        await stock.setup()
        before = await converse(stock)
        wanted = await history(stock)
        # As a version of LangGraph before 0.5 left it: what was sent lies with the parent's writes.
        parent = {**empty_checkpoint(), "v": 3, "id": "0" * 32}
        told: Any = {"source": "loop", "step": 1}
        at = await stock.aput(thread("ancient", checkpoint_ns=""), parent, told, {})  # type: ignore[arg-type]
        await stock.aput_writes(at, [(TASKS, "volcano"), (TASKS, "marmalade")], "task")
        await stock.aput(at, {**parent, "id": "1" * 32}, told, {})  # type: ignore[typeddict-item]
        ancient = await history(stock, "ancient")
        assert ancient[0].checkpoint["channel_values"][TASKS] == ["volcano", "marmalade"]
    configured = Settings(postgres=database, encryption_keys=OLD_KEY)
    with pytest.raises(UserError, match="holds conversations in clear") as caught:
        async with open_checkpointer(configured):
            pass
    assert "`mnemograph encrypt`" in caught.value.sentence
    with pytest.raises(UnreadableStateError, match="in clear"):
        await seal_conversations(configured, read_clear=False)
    reading = configured.model_copy(update={"read_clear_state": True})
    async with open_checkpointer(reading) as saver:
        assert await history(saver) == wanted
        assert len([each async for each in saver.alist(None, filter={"pet": "porcupine"})]) == len(wanted)
        await converse(saver, "new")
        more = counted(database)
    async with open_checkpointer(reading) as saver:
        done = await asyncio.to_thread(
            finished,
            data_dir,
            "rotate-keys",
            MNEMOGRAPH_POSTGRES=database,
            MNEMOGRAPH_ENCRYPTION_KEYS=OLD_KEY,
            MNEMOGRAPH_READ_CLEAR_STATE="true",
        )
        assert done.returncode == 0, done.stderr
        assert (
            "parts of conversations sealed and 0 owners' keys wrapped with the master key 'old'"
            in done.stdout
        )
        assert OLD.decode() not in done.stdout + done.stderr
    assert counted(database) == more
    dump = stored.in_postgres(database).lower()
    assert [word for word in WORDS if word in dump] == []
    async with open_checkpointer(configured) as saver:
        assert await history(saver) == wanted
        assert (await graph(saver).aget_state(thread())).values == before
        found = await history(saver, "ancient")
        for kept, now in zip(ancient, found, strict=True):
            assert now.checkpoint["channel_values"] == kept.checkpoint["channel_values"]
            assert now.pending_writes == kept.pending_writes
    await encrypt_all(configured)
    assert "0 parts of conversations sealed" in capsys.readouterr().out


async def test_encrypt_seals_conversations_too(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with open_checkpointer(Settings(postgres=database, compress_state_from=1)) as saver:
        before = await converse(saver)
    configured = Settings(postgres=database, encryption_keys=OLD_KEY)
    await encrypt_all(configured)
    assert f"{counted(database)} parts of conversations sealed" in capsys.readouterr().out
    async with open_checkpointer(configured) as saver:
        assert (await graph(saver).aget_state(thread())).values == before
    await rotate_keys(Settings(postgres=database, encryption_keys=BOTH_KEYS))
    async with open_checkpointer(Settings(postgres=database, encryption_keys=NEW_KEY)) as saver:
        assert (await graph(saver).aget_state(thread())).values == before


async def test_keys_that_do_not_fit_the_database_are_refused_at_the_start(database: str) -> None:
    async with sealed_saver(database, OLD_KEY) as saver:
        await converse(saver)
    wrong = f"old:{NEW_KEY.removeprefix('new:')}"
    for keys, said in (
        ("", r"are sealed, but MNEMOGRAPH_ENCRYPTION_KEYS is empty: .* \('old'\)"),
        (NEW_KEY, r"under the key 'old', which is not among those given \(new\)"),
        (wrong, "another key of the same name"),
    ):
        with pytest.raises(UserError, match=said) as caught:
            async with open_checkpointer(Settings(postgres=database, encryption_keys=keys)):
                pass
        assert wrong.removeprefix("old:") not in caught.value.sentence
    with pytest.raises(UserError, match="MNEMOGRAPH_ENCRYPTION_KEYS is empty"):
        await rotate_keys(Settings(postgres=database))


async def test_a_value_that_is_told_by_its_writes_is_sealed(database: str) -> None:
    builder = told_by_writes()
    async with sealed_saver(database, OLD_KEY) as saver:
        chat = builder.compile(checkpointer=saver)
        for _ in range(4):
            await chat.ainvoke({"messages": [HumanMessage("porcupine")]}, thread())
        state = (await chat.aget_state(thread())).values
        assert [message.content for message in state["messages"]] == ["porcupine", "saxophone"] * 4
    dump = stored.in_postgres(database).lower()
    assert [word for word in WORDS if word in dump] == []
    await rotated(database, BOTH_KEYS)
    async with sealed_saver(database, NEW_KEY) as saver:
        assert (await builder.compile(checkpointer=saver).aget_state(thread())).values == state


async def test_a_checkpoint_row_in_clear_among_sealed_ones_is_not_sealed_by_a_rotation(database: str) -> None:
    async with sealed_saver(database, OLD_KEY) as saver:
        await converse(saver)
    rows(database, "UPDATE checkpoints SET metadata = %s", Jsonb({"source": "loop"}))
    with pytest.raises(UnreadableStateError, match="in clear"):
        await rotated(database, BOTH_KEYS)

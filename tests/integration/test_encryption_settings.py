"""Encryption as the settings ask for it, on databases that agree with them and on those that do not."""

import asyncio
import base64
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import PutOp
from langgraph.store.postgres.aio import AsyncPostgresStore

from cli.encrypt import encrypt_all
from cli.reembed import reembed_all
from config.errors import UserError
from config.settings import Settings
from graphs.ingest import ingest, turns_of
from memory.lifecycle.recalling.recall import recall
from memory.long_term.factory import open_store
from memory.long_term.sealing import SAMPLE
from memory.long_term.wrappers.encrypted import EncryptedStore
from tests.integration.test_reembed import rows
from tests.services.command import finished
from tests.services.encrypted import NEW, OLD, QUESTIONS, THREAD, WORDS, dump, found_in, lines, open_hashes_in
from tests.services.factory import opened, refused

ANA, BOB = ("users", "ana"), ("users", "bob", "facts")


def coded(key: bytes) -> str:
    return base64.b64encode(key).decode()


OLD_KEY, NEW_KEY = f"old:{coded(OLD)}", f"new:{coded(NEW)}"


async def command(data: Path, name: str, database: str, keys: str) -> str:
    """What it says when it goes well."""
    settings = {"MNEMOGRAPH_POSTGRES": database, "MNEMOGRAPH_ENCRYPTION_KEYS": keys}
    done = await asyncio.to_thread(finished, data, name, **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def refused_command(work: Coroutine[Any, Any, int]) -> str:
    with pytest.raises(UserError) as caught:
        await work
    return caught.value.sentence


async def test_what_one_process_sealed_the_next_one_opens(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(monkeypatch, database, encryption_keys=OLD_KEY) as store:
        assert isinstance(store, EncryptedStore)
        await store.aput(ANA, "k", {"text": "porcupine"})
    assert found_in(dump(database), ["porcupine"]) == set()
    async with opened(monkeypatch, database, encryption_keys=OLD_KEY) as store:
        [found] = await store.asearch(ANA, query="porcupine")
        assert found.value == {"text": "porcupine"}


async def test_a_sealed_database_is_not_opened_without_its_key(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(monkeypatch, database, encryption_keys=OLD_KEY) as store:
        await store.aput(ANA, "k", {"text": "porcupine"})
    sentence = await refused(opened(monkeypatch, database))
    assert "are encrypted, but MNEMOGRAPH_ENCRYPTION_KEYS is empty" in sentence
    assert "('old')" in sentence
    sentence = await refused(opened(monkeypatch, database, encryption_keys=NEW_KEY))
    assert "sealed under the master key 'old', which is not among those given (new)" in sentence
    sentence = await refused(opened(monkeypatch, database, encryption_keys=f"old:{coded(NEW)}"))
    assert "given as 'old' is not the one that these memories were sealed under" in sentence
    assert coded(NEW) not in sentence
    for keys, said in (("", "MNEMOGRAPH_ENCRYPTION_KEYS is empty"), (NEW_KEY, "not among those given (new)")):
        configured = Settings(postgres=database, encryption_keys=keys)
        assert said in await refused_command(reembed_all(configured, forget_old=False))
        assert said in await refused_command(encrypt_all(configured))


async def test_a_database_in_clear_is_refused_rather_than_mixed(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(monkeypatch, database) as store:
        await store.aput(ANA, "k", {"text": "porcupine"})
    sentence = await refused(opened(monkeypatch, database, encryption_keys=OLD_KEY))
    assert "holds memories in clear, but MNEMOGRAPH_ENCRYPTION_KEYS is set" in sentence
    assert "run `mnemograph encrypt`" in sentence
    async with opened(monkeypatch, database) as store:
        assert await store.aget(ANA, "k") is not None


async def test_the_tables_of_langgraphs_own_store_are_not_taken_over_in_clear(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncPostgresStore.from_conn_string(database) as stock:
        await stock.setup()
        await stock.aput(ANA, "k", {"text": "porcupine"})
    assert "memories in clear" in await refused(opened(monkeypatch, database, encryption_keys=OLD_KEY))
    configured = Settings(postgres=database, encryption_keys=OLD_KEY)
    assert "start once without MNEMOGRAPH_ENCRYPTION_KEYS" in await refused_command(encrypt_all(configured))
    async with opened(monkeypatch, database):
        pass
    await encrypt_all(configured)
    async with opened(monkeypatch, database, encryption_keys=OLD_KEY) as store:
        assert await store.aget(ANA, "k") is not None


async def test_the_command_seals_what_is_there_and_changes_nothing_else(
    database: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configured = Settings(postgres=database)
    conversation = {THREAD: turns_of(lines())}
    times = "SELECT key, id, version, created_at, updated_at, ttl_minutes, expires_at FROM memory_items ORDER BY key"
    places = "SELECT id, place, said_at, expires_at FROM memory_lookup ORDER BY id"
    vectors = "SELECT id, view, embedding::text FROM memory_vectors ORDER BY id, view"
    same = (times, places, vectors)
    async with open_store(configured) as store:
        await ingest(store, "ana", conversation, configured)
        await store.abatch([PutOp(BOB, f"k{n}", {"text": f"pomegranate {n}"}) for n in range(450)])
        await store.aput(BOB, "titled", {"text": "pomegranate", "title": "melancholy"}, index=["title"])
        await store.aput(BOB, "unseen", {"text": "melancholy"}, index=False)
        await store.aput(BOB, "mortal", {"text": "pomegranate"}, ttl=30)
        wanted = [await recall(store, "ana", question, limit=10) for question in QUESTIONS]
    before = [rows(database, query) for query in same]
    done = await command(data_dir, "encrypt", database, OLD_KEY)
    assert f"{len(before[0])} memories sealed, 0 owners' keys wrapped" in done
    assert [rows(database, query) for query in same] == before
    texts = dump(database)
    assert (
        found_in(texts, [*WORDS, "melancholy", "pomegranate", "message-1", THREAD])
        == open_hashes_in(texts)
        == set()
    )
    sealed = Settings(postgres=database, encryption_keys=OLD_KEY)
    async with open_store(sealed) as store:
        found = [await recall(store, "ana", question, limit=10) for question in QUESTIONS]
        assert [[(each.id, each.receipt["lanes"]) for each in some] for some in found] == [
            [(each.id, each.receipt["lanes"]) for each in some] for some in wanted
        ]
        assert any("speaker" in each.receipt["boosts"] for each in found[0])
        [titled, *_] = await store.asearch(BOB, query="melancholy")
        assert (titled.key, titled.value["text"]) == ("titled", "pomegranate")
        # The thread goes on in the same places.
        result = await ingest(store, "ana", conversation, sealed)
        assert (result.turns, result.already) == (0, len(conversation[THREAD]))
    await encrypt_all(sealed)
    assert "0 memories sealed, 0 owners' keys" in capsys.readouterr().out


async def test_a_value_in_clear_among_sealed_ones_is_found_at_the_start_and_sealed(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a process that was not stopped leaves it."""
    async with opened(monkeypatch, database) as late:
        async with opened(monkeypatch, database, encryption_keys=OLD_KEY) as store:
            await store.aput(ANA, "sealed", {"text": "porcupine"})
        await late.aput(ANA, "clear", {"text": "melancholy"})
    assert SAMPLE > 2
    assert "`mnemograph encrypt`" in await refused(opened(monkeypatch, database, encryption_keys=OLD_KEY))
    await encrypt_all(Settings(postgres=database, encryption_keys=OLD_KEY))
    assert "1 memories sealed" in capsys.readouterr().out
    async with opened(monkeypatch, database, encryption_keys=OLD_KEY) as store:
        assert {item.value["text"] for item in await store.asearch(ANA)} == {"porcupine", "melancholy"}


async def test_the_master_key_is_changed_by_the_settings_and_the_command(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(monkeypatch, database, encryption_keys=OLD_KEY) as store:
        await store.aput(ANA, "k", {"text": "porcupine"})
    both = f"{OLD_KEY},{NEW_KEY}"
    async with opened(monkeypatch, database, encryption_keys=both) as store:
        assert await store.aget(ANA, "k") is not None
    assert "not among those given (new)" in await refused(
        opened(monkeypatch, database, encryption_keys=NEW_KEY)
    )
    await encrypt_all(Settings(postgres=database, encryption_keys=both))
    assert "0 memories sealed, 1 owners' keys wrapped" in capsys.readouterr().out
    async with opened(monkeypatch, database, encryption_keys=NEW_KEY) as store:
        assert await store.aget(ANA, "k") is not None


async def test_sealed_memories_are_embedded_anew_by_the_command(
    database: str, monkeypatch: pytest.MonkeyPatch, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    async with opened(monkeypatch, database, encryption_keys=OLD_KEY) as store:
        await store.aput(ANA, "said", {"text": "I adopted a porcupine called Quillfeather."})
        await store.aput(
            ANA, "titled", {"text": "porcupine", "title": "the weather in Reykjavik"}, index=["title"]
        )
        await store.aput(BOB, "k", {"text": "marmalade needs oranges"})
        await store.aput(BOB, "unseen", {"text": "porcupine"}, index=False)
    done = await command(data_dir, "reembed", database, OLD_KEY)
    assert "3 memories embedded by local:all-MiniLM-L6-v2 (384 dimensions)" in done
    assert found_in(dump(database), ["porcupine", "reykjavik", "marmalade"]) == set()
    monkeypatch.undo()
    async with open_store(Settings(postgres=database, encryption_keys=OLD_KEY)) as store:
        for query, owner, wanted in (
            ("an animal with spines", ANA, "said"),
            ("is it raining in Iceland?", ANA, "titled"),
            ("jam from citrus fruit", BOB, "k"),
        ):
            assert [item.key for item in await store.asearch(owner, query=query, limit=1)] == [wanted]
        hits = await store.asearch(ANA, query="Quillfeather", filter={"$strategy": "keyword"})
        assert [item.key for item in hits] == ["said"]

"""A user is exported, erased and brought back; an erasure that was cut off is finished; nobody else is touched."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langgraph.store.base import PutOp

from config.memos import memos_held
from config.settings import Settings, settings
from graphs.bringing_back import checked, import_file
from graphs.chat import Chat, compile_chat
from graphs.forgetting import erase_user, places_of
from graphs.threads import threads_of
from graphs.undo import at
from memory.lifecycle.leaving.erase import NotErasedError, erase
from memory.lifecycle.leaving.export import records
from memory.lifecycle.leaving.export_file import written
from memory.lifecycle.leaving.inventory import inventory
from memory.lifecycle.recalling.recall import recall
from memory.long_term.erasing import erase_from, held_by
from memory.namespaces import owner_namespace
from memory.short_term.factory import open_checkpointer
from tests.services.chat import ANA, say, thread
from tests.services.long_term import opened
from tests.services.undoing import Crashing

BOB = "bob@example.com"
TALK = {1: "I live in Porto.", 2: "I have a dog named Rex."}


def of(user: str, number: int) -> Any:
    return {**thread(number), "metadata": {"user_id": user}}


def id_of(number: int) -> str:
    return str(thread(number)["configurable"]["thread_id"])


async def talk(chat: Chat) -> None:
    for number, text in TALK.items():
        await say(chat, text, of(ANA, number))
    await say(chat, "I play chess.", of(BOB, 3), user=BOB)


def saver_of(chat: Chat) -> Any:
    return chat.checkpointer


def store_of(chat: Chat) -> Any:
    return chat.store


async def counts(chat: Chat, user: str) -> dict[str, int]:
    return dict((await inventory(places_of(chat, user), user)).counts)


async def exported(chat: Chat, user: str, target: Path) -> Path:
    taken = written(user, records(places_of(chat, user), user), datetime.now(UTC))
    return written_to(target, "".join([piece async for piece in taken]))


def written_to(target: Path, text: str) -> Path:
    target.write_text(text, encoding="utf-8")
    return target


@pytest.fixture(params=["postgres", "redis", "plain", "memory"])
async def anywhere(
    request: pytest.FixtureRequest, crashing: Crashing, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Chat]:
    """A chat on each checkpointer, without and with sealed conversations; the store is in this process."""
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "test")
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", "/nonexistent/.env")
    settings.cache_clear()
    where = {
        "postgres": lambda: Settings(postgres=request.getfixturevalue("database")),
        "redis": lambda: Settings(checkpointer=request.getfixturevalue("redis_database")),
        "plain": lambda: Settings(
            checkpointer=request.getfixturevalue("plain_redis_database"),
            encryption_keys=f"k:{'b2' * 21}8=",  # type: ignore[arg-type]
        ),
        "memory": lambda: Settings(checkpointer="memory"),  # type: ignore[arg-type]
    }[request.param]()
    async with open_checkpointer(where) as saver:
        yield compile_chat(saver, crashing.store)


async def test_a_user_is_erased_from_every_checkpointer_and_nobody_else_is(anywhere: Chat) -> None:
    await talk(anywhere)
    shared = of(BOB, 4)
    await say(anywhere, "I collect stamps.", shared, user=BOB)
    await say(anywhere, "I whistle.", of(ANA, 4))
    await say(anywhere, "I sing.", shared, user=BOB)
    nameless = thread(5)
    await say(anywhere, "I juggle.", nameless)
    await say(anywhere, "I fly kites.", thread(6), user=BOB)
    kept = (await anywhere.aget_state(at(id_of(3)))).values
    before = await counts(anywhere, BOB)
    found = await counts(anywhere, ANA)
    assert (found["conversations"], found["shared conversations"]) == (3, 1)
    done = await erase_user(anywhere, ANA)
    assert done.before == found
    assert set(done.after.values()) == {0}
    assert memos_held() == 0
    held = await saver_of(anywhere).aheld([id_of(1), id_of(2), id_of(5)])
    assert set(held.values()) == {0}
    assert (await anywhere.aget_state(at(id_of(3)))).values == kept
    said = [m.text for m in (await anywhere.aget_state(at(id_of(4)))).values["messages"] if m.type == "human"]
    assert said == ["I collect stamps.", "I sing."]
    states = [each async for each in anywhere.aget_state_history(at(id_of(4)))]
    assert "whistle" not in str(states)
    after = await counts(anywhere, BOB)
    assert (after["conversations"], after["items"]) == (before["conversations"], before["items"])
    assert set((await erase_user(anywhere, ANA)).before.values()) == {0}


async def test_export_erase_import_and_the_same_is_recalled(chat: Chat, tmp_path: Path) -> None:
    await talk(chat)
    store = store_of(chat)
    await store.abatch(
        [
            PutOp((*owner_namespace(ANA), "notes"), "plain", {"text": "a note on tea"}, index=["text"]),
            PutOp((*owner_namespace(ANA), "notes", "deep"), "hidden", {"n": 1}, index=False, ttl=60),
        ]
    )
    bobs, before = await counts(chat, BOB), await counts(chat, ANA)
    asked = [await recall(store, ANA, text, limit=5) for text in ("Where do I live?", "my dog")]
    state = (await chat.aget_state(at(id_of(2)))).values
    path = await exported(chat, ANA, tmp_path / "ana.json")
    await erase_user(chat, ANA)
    assert await recall(store, ANA, "Where do I live?", limit=5) == []
    assert await threads_of(chat, ANA) == []
    header, number = checked(path)
    done = await import_file(chat, ANA, path, header)
    assert done.items + done.conversations == number
    again = await import_file(chat, ANA, path, header)
    assert (again.items, again.conversations, again.items_already) == (0, 0, done.items)
    found = [await recall(store, ANA, text, limit=5) for text in ("Where do I live?", "my dog")]
    assert [[(each.id, each.score) for each in some] for some in found] == [
        [(each.id, each.score) for each in some] for some in asked
    ]
    now = await counts(chat, ANA)
    for place in ("memory_items", "memory_lookup", "memory_vectors", "conversations"):
        assert now[place] == before[place], place
    assert await counts(chat, BOB) == bobs
    assert (await chat.aget_state(at(id_of(2)))).values["messages"] == state["messages"]
    assert {each.thread_id for each in await threads_of(chat, ANA)} == {id_of(1), id_of(2)}
    assert "Rex" in str((await say(chat, "What is my dog called?", of(ANA, 2)))["messages"][-1].text)
    # Into another user's hands: the same memories, and conversations of that user's own.
    await import_file(chat, BOB, path, header)
    assert {each.id for each in await recall(store, BOB, "my dog", limit=5)} >= {found[1][0].id}
    assert len(await threads_of(chat, BOB)) == 3
    assert len(await threads_of(chat, ANA)) == 2


class Stops(Exception):  # noqa: N818 - what happened
    """This process is gone."""


async def test_an_erasure_that_was_cut_off_is_finished_by_another(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk(chat)
    saver = saver_of(chat)
    real, asked = saver.adelete_thread, []

    async def stops(thread_id: str) -> None:
        asked.append(thread_id)
        if len(asked) == 2:
            raise Stops
        await real(thread_id)

    monkeypatch.setattr(saver, "adelete_thread", stops)
    with pytest.raises(Stops):
        await erase_user(chat, ANA)
    monkeypatch.undo()
    done = await erase_user(chat, ANA)
    assert done.before["conversations"] == 1
    assert done.before["memory_items"] == 0
    assert set(done.after.values()) == {0}


async def test_what_cannot_be_erased_is_told_loudly(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    await talk(chat)

    async def nothing(_: str) -> None:
        return None

    monkeypatch.setattr(saver_of(chat), "adelete_thread", nothing)
    with pytest.raises(NotErasedError, match="Not everything could be erased") as caught:
        await erase(places_of(chat, ANA), ANA, redact=nothing)
    assert caught.value.left["conversations"] == 2
    assert caught.value.left["checkpoints"] > 0


NEAR = [
    "1",
    "12",
    "1.2",
    "a",
    "A",
    "a_",
    "a%",
    "a.b",
    "a/b",
    "*",
    "é",
    "e\u0301",
    "users",
    "ana",
    "ana.",
    "ана",
]


async def test_erasing_one_owner_touches_no_other_however_near_their_names(database: str) -> None:
    async with opened(database) as store:
        with psycopg.connect(database) as connection:
            connection.execute("CREATE TABLE store (prefix text, key text, PRIMARY KEY (prefix, key))")
        for user in NEAR:
            namespace = (*owner_namespace(user), "semantic")
            await store.abatch([PutOp(namespace, f"k{number}", {"text": "tea"}) for number in range(3)])
            with psycopg.connect(database) as connection:
                for prefix in (".".join(owner_namespace(user)), ".".join(namespace)):
                    connection.execute("INSERT INTO store VALUES (%s, 'k')", (prefix,))
        left = set(NEAR)
        for user in NEAR:
            await erase_from(store, owner_namespace(user))
            left.discard(user)
            for each in NEAR:
                held = await held_by(store, owner_namespace(each))
                expected = 3 if each in left else 0
                assert (held["memory_items"], held["memory_vectors"]) == (expected, expected), (user, each)
                assert held["store"] == (2 if each in left else 0), (user, each)


async def test_in_the_embedded_server_the_files_of_an_erased_user_give_their_room_back(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    owner = ".".join(owner_namespace(ANA))
    files = (
        "SELECT n FROM generate_series(0, 7) AS n "
        "WHERE satisfies_hash_partition('memory_items'::regclass, 8, n, %s::text)"
    )

    def size() -> int:
        with psycopg.connect(database) as connection:
            [(number,)] = connection.execute(files, (owner,)).fetchall()
            query = "SELECT pg_relation_size(%s::regclass) + pg_relation_size(%s::regclass)"
            names = (f"memory_items_{number}", f"memory_vectors_{number}")
            row = connection.execute(query, names).fetchone()
            return int(row[0]) if row else -1

    async with opened(database) as store:
        for user in (ANA, BOB):
            await store.abatch([PutOp(owner_namespace(user), f"k{n}", {"text": "tea"}) for n in range(40)])
        assert size() > 0
        await erase_from(store, owner_namespace(ANA))
        assert size() == 0
        assert len(await store.asearch(owner_namespace(BOB), limit=100)) == 40
        assert caplog.messages == []

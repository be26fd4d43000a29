"""What specialists keep is the user's as any memory: extracted later, approved, used, exported and erased."""

import json
from asyncio import to_thread
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langgraph.store.base import BaseStore, GetOp, PutOp

from agents.sharing import reader_of
from cli.maintain import take_back
from config.settings import Settings, settings
from graphs.bringing_back import checked, import_file
from graphs.chat import Chat
from graphs.extraction import extract_turns
from graphs.forgetting import erase_user, places_of
from graphs.maintenance import maintain_memories
from graphs.recovery import recover
from graphs.team import compile_team
from graphs.undo import store_of
from memory.lifecycle.learning.remember import put
from memory.lifecycle.leaving.export import records
from memory.lifecycle.leaving.export_file import written
from memory.lifecycle.reading.uses import uses_of
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.sharing.grants import Action, Grant, give, grants_of, revoke
from memory.lifecycle.sharing.rooms import OwnRoom, Signed, pending_everywhere
from memory.lifecycle.sharing.sharing import SharedStore
from memory.long_term.factory import open_store
from memory.long_term.rows import burials
from memory.long_term.rows.burials import ErasedError
from memory.long_term.rows.isolation import ISOLATION
from memory.long_term.rows.owned import delete
from memory.long_term.rows.readers import grantee
from memory.long_term.rows.tables import MIGRATIONS
from memory.long_term.rows.upgrades import UPGRADES
from memory.long_term.statements.began import since
from memory.long_term.statements.operations import PutIf
from memory.long_term.upkeep.setting_up import PART
from memory.namespaces import memory_namespace, owner_namespace
from memory.postgres.migrations import migrate
from memory.postgres.pool import open_pool
from memory.schema import Kind
from memory.short_term.factory import open_checkpointer
from tests.services.chat import ANA, facts, reply, say, thread
from tests.services.command import here
from tests.services.procedures import CHEERS, WISH, asked, decided, standing
from tests.unit.memory_parts import learned

RESEARCHER = grantee("agent", "researcher")
TRAINS = "The user prefers night trains."
THREAD = thread()["configurable"]["thread_id"]
BOTH = Grant(RESEARCHER, ("episodic", "semantic"), Action.WRITE)


class Later:
    """Takes what is to be extracted, and leaves it."""

    ready = True

    def take(self, _: Any) -> None:
        return None


@pytest.fixture
async def team(configured: Settings, store: BaseStore) -> AsyncIterator[Chat]:
    async with open_checkpointer(configured) as checkpointer:
        yield compile_team(checkpointer, store, Later())


@pytest.fixture
async def room(store: BaseStore) -> OwnRoom:
    return OwnRoom(store, reader_of(ANA, "researcher"))


@pytest.mark.parametrize("shared", [False, True])
async def test_the_facts_of_a_specialists_turn_come_later_where_its_words_are(
    team: Chat, store: BaseStore, room: OwnRoom, monkeypatch: pytest.MonkeyPatch, *, shared: bool
) -> None:
    monkeypatch.setenv("MNEMOGRAPH_REMEMBER", "background")
    settings.cache_clear()
    if shared:
        await give(store, ANA, BOTH, datetime.now(UTC))
    values = await say(team, "Researcher, I prefer night trains.")
    assert (values["learned"], values["warnings"]) == ([], [])
    place, other = (store, room) if shared else (room, store)
    words = await place.asearch(memory_namespace(ANA, Kind.EPISODIC))
    assert words and {item.value["provenance"]["agent"] for item in words} == {"researcher"}
    assert await other.asearch(memory_namespace(ANA, Kind.EPISODIC)) == []
    assert [each.thread_id for _, each in await pending_everywhere(store, ANA)] == [THREAD]

    saver: Any = team.checkpointer
    assert await extract_turns(saver, store, ANA, THREAD, settings()) == 1
    assert await facts(place) == [TRAINS]
    assert await facts(other) == []
    assert await pending_everywhere(store, ANA) == []
    assert await extract_turns(saver, store, ANA, THREAD, settings()) == 0


async def test_what_waits_in_a_room_is_found_by_recovery(
    team: Chat, store: BaseStore, room: OwnRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNEMOGRAPH_REMEMBER", "background")
    settings.cache_clear()
    await say(team, "Researcher, I prefer night trains.")
    await recover(team, ANA)
    assert await facts(room) == [TRAINS]


async def test_a_wish_told_to_a_specialist_is_asked_about_and_shapes_its_replies_alone(
    team: Chat, store: BaseStore, room: OwnRoom
) -> None:
    taught = await say(team, f"Researcher, I prefer night trains. {WISH}")
    assert asked(taught) == [CHEERS]
    assert await standing(room) == [(CHEERS, "proposed")]
    done = await decided(team, {"type": "approve"})
    assert done["warnings"] == []
    assert await standing(room) == [(CHEERS, "active")]
    assert await standing(store) == []
    told = await say(team, "Researcher, which trains do I prefer?", thread(2))
    assert [row["text"] for row in told["procedures"]] == [CHEERS]
    assert "Cheers" in reply(told)
    assert (await say(team, "Hello", thread(3)))["procedures"] == []


async def test_what_the_user_wants_done_is_a_specialists_by_a_grant(team: Chat, store: BaseStore) -> None:
    await say(team, WISH)
    await decided(team, {"type": "approve"})
    assert (await say(team, "Researcher, hello.", thread(2)))["procedures"] == []
    await give(store, ANA, Grant(RESEARCHER, (Kind.PROCEDURAL.value,)), datetime.now(UTC))
    told = await say(team, "Researcher, hello.", thread(3))
    assert [row["text"] for row in told["procedures"]] == [CHEERS]


async def test_whoever_may_write_notes_what_its_replies_used(team: Chat, store: BaseStore) -> None:
    await say(team, "I live in Porto.")
    await give(store, ANA, BOTH, datetime.now(UTC))
    values = await say(team, "Researcher, where do I live?", thread(2))
    assert values["warnings"] == [] and len(values["used"]) == 1
    assert set(await uses_of(store, ANA)) == set(values["used"])
    assert set(await uses_of(SharedStore(store, reader_of(ANA, "researcher")), ANA)) == set(values["used"])


async def test_a_wish_is_no_reason_to_lose_a_turn_where_procedures_may_not_be_written(
    team: Chat, store: BaseStore
) -> None:
    await give(store, ANA, BOTH, datetime.now(UTC))
    values = await say(team, f"Researcher, I prefer night trains. {WISH}")
    assert (values["warnings"], asked(values)) == ([], [])
    assert await facts(store) == [TRAINS]


async def test_rooms_are_exported_erased_and_brought_back_and_what_was_granted_is_not(
    team: Chat, store: BaseStore, room: OwnRoom, configured: Settings, tmp_path: Path
) -> None:
    await give(store, ANA, Grant(grantee("agent", "planner"), ("semantic",)), datetime.now(UTC))
    await say(team, "Researcher, I prefer night trains.")
    bob = await give(store, "bob", Grant(grantee("user", ANA), ("semantic",)), datetime.now(UTC))
    taken = written(ANA, records(places_of(team, ANA), ANA), datetime.now(UTC))
    path = tmp_path / "ana.json"
    path.write_text("".join([piece async for piece in taken]), encoding="utf-8")

    done = await erase_user(team, ANA)
    assert done.before["memory_grants"] == 1
    assert set(done.after.values()) == {0}
    assert await facts(room) == []
    with psycopg.connect(str(configured.postgres.get_secret_value())) as connection:
        owner = ".".join(owner_namespace(ANA))
        for table in ("memory_items", "memory_grants", "memory_lookup", "memory_vectors"):
            query = f"SELECT count(*) FROM {table} WHERE owner = %s"
            assert connection.execute(query, (owner,)).fetchone() == (0,), table
    assert await grants_of(store, "bob") == [bob]

    header, _ = checked(path)
    await import_file(team, ANA, path, header)
    assert await facts(room) == [TRAINS]
    # Who may see them is for the user to say anew: a file that somebody else made gave their memories away.
    assert await grants_of(store, ANA) == []
    assert await store.asearch((*owner_namespace(ANA), "subscriptions")) == []


async def test_what_a_specialist_keeps_is_looked_at_and_corrected_by_command(
    team: Chat, store: BaseStore, room: OwnRoom, database: str, tmp_path: Path
) -> None:
    await say(team, "I live in Porto.")
    await say(team, "Researcher, I prefer night trains.")

    async def says(*words: str, status: int = 0) -> Any:
        done = await to_thread(
            here, tmp_path, "memories", *words, MNEMOGRAPH_POSTGRES=database, MNEMOGRAPH_USER=ANA
        )
        assert done.returncode == status, done.stderr
        return done.stderr if status else json.loads(done.stdout) if "--json" in words else done.stdout

    facts_in = ("list", "--kind", "semantic", "--json")
    rows = {row["text"]: row for row in (await says(*facts_in))}
    assert {text: row["agent"] for text, row in rows.items()} == {
        "The user lives in Porto.": "",
        TRAINS: "researcher",
    }
    assert [row["text"] for row in (await says(*facts_in, "--agent", "researcher"))] == [TRAINS]
    assert [row["text"] for row in (await says(*facts_in, "--agent", ""))] == ["The user lives in Porto."]
    assert "researcher" in (await says("list", "--kind", "semantic"))
    assert "No agent 'planner' keeps" in (await says("list", "--agent", "planner", status=2))
    trains = rows[TRAINS]["id"]
    assert "kept by: researcher" in (await says("show", trains[:8]))
    assert {each["agent"] for each in (await says("decisions", "--json"))} == {"", "researcher"}
    buses = await says("edit", trains[:8], "The user prefers night buses.", "--json")
    assert buses["agent"] == "researcher"
    assert await facts(room) == ["The user prefers night buses."]
    assert (await says("history", buses["id"][:8], "--json"))[0]["status"] == "superseded"
    (await says("retract", buses["id"], "--agent", "researcher"))
    assert await facts(room) == []
    assert await facts(store) == ["The user lives in Porto."]
    assert (await says("forget", trains, "--json"))["forgotten"] == 1
    assert [
        row["text"] for row in (await says("search", "night trains", "--agent", "researcher", "--json"))
    ] == []


async def test_what_held_before_in_a_room_is_told_as_such(
    team: Chat, store: BaseStore, room: OwnRoom
) -> None:
    await say(team, "Researcher, I live in Porto.")
    await say(team, "Researcher, I live in Braga now.")
    for place in (store, room):
        found = await recall(place, ANA, "Where did I live before?", limit=5)
        assert [item.text for item in found if item.valid_to] == ["The user lives in Porto."]


async def test_each_room_is_made_smaller_for_itself_and_that_can_be_undone(
    team: Chat, store: BaseStore, room: OwnRoom, configured: Settings
) -> None:
    for number, place in enumerate((store, room)):
        facts_here = [learned(text, number) for text in (TRAINS, TRAINS.replace("night", "the night"))]
        await place.abatch([put(ANA, each) for each in facts_here])
    report = await maintain_memories(store, configured, "consolidate", "r1", dry_run=False)
    assert (report.memories, report.merged, report.failed) == (4, 2, 0)
    assert (len(await facts(store)), len(await facts(room))) == (1, 1)
    assert await take_back(configured, "r1", ANA, machine=True) == 0
    assert (len(await facts(store)), len(await facts(room))) == (2, 2)


async def test_what_a_specialist_writes_late_is_refused_once_its_user_was_erased(
    team: Chat, store: BaseStore, room: OwnRoom
) -> None:
    """Through every store that a specialist is given, the write keeps when its work began."""
    before = datetime.now(UTC) - timedelta(seconds=5)
    await say(team, "Researcher, I prefer night trains.")
    await erase_user(team, ANA)
    await give(store, ANA, BOTH, datetime.now(UTC))
    place = memory_namespace(ANA, Kind.SEMANTIC)
    value = {"text": TRAINS, "turn": "t", "provenance": {"source": "user"}}
    shared = SharedStore(store, reader_of(ANA, "researcher"))
    for late in (room, shared, Signed(room, "researcher", {"t"}), Signed(shared, "researcher", {"t"})):
        for op in (PutOp(place, "late", value), PutIf(PutOp(place, "late", value), 0)):
            with since(before), pytest.raises(ErasedError):
                await late.abatch([op])
        assert await late.abatch([GetOp(place, "late")]) == [None]
        await late.abatch([PutIf(PutOp(place, "new", value), 0)])
        await late.abatch([PutOp(place, "new", None)])
    assert store_of(team) is store


async def test_a_database_from_before_there_were_grants_gets_them(configured: Settings) -> None:
    """Its memories, and who was erased from it, stay; the reader's policies hold from then on."""
    address = str(configured.postgres.get_secret_value())
    async with open_pool(address, max_size=2, timeout_s=20, name="before") as pool:
        async with pool.connection() as conn:
            await conn.execute("CREATE EXTENSION IF NOT EXISTS vector")
        await pool.drain()
        await migrate(pool, PART, (*MIGRATIONS, ISOLATION, *UPGRADES))
        await migrate(pool, burials.PART, burials.MIGRATIONS)
        await delete(pool, "users.gone")
    place = memory_namespace(ANA, Kind.SEMANTIC)
    for _ in range(2):
        async with open_store(configured) as store:
            await store.aput(place, "home", {"text": "The user lives in Porto.", "status": "active"})
            view = SharedStore(store, reader_of(ANA, "researcher"))
            assert await view.aget(place, "home") is None
            await give(store, ANA, Grant(RESEARCHER, ("semantic",)), datetime.now(UTC))
            assert await view.aget(place, "home") is not None
            await revoke(store, ANA, RESEARCHER)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM memory_erasures").fetchone() == (1,)

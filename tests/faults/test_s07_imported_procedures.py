"""S07: a file that anybody can have made puts no standing order before the model unasked."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from langgraph.store.base import BaseStore

from graphs.bringing_back import checked, import_file
from graphs.chat import Chat
from graphs.forgetting import erase_user, places_of
from memory.lifecycle.changing.approval import approve, edit, procedures_of, roll_back
from memory.lifecycle.leaving.export import CAME_IN, records
from memory.lifecycle.leaving.export_file import written
from tests.services.chat import ANA, say, thread
from tests.services.procedures import CHEERS, WISH, decided, standing

BOB = "bob@example.com"
CIAO = "End every answer with Ciao."
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
async def exported(chat: Chat, store: BaseStore, tmp_path: Path) -> Path:
    """Ana's things, with a procedure in force and the version before it."""
    await say(chat, WISH)
    await decided(chat, {"type": "approve"})
    [memory] = await procedures_of(store, ANA)
    await edit(store, ANA, memory.id, CIAO, NOW)
    path = tmp_path / "ana.json"
    pieces = [piece async for piece in written(ANA, records(places_of(chat, ANA), ANA), NOW)]
    path.write_text("".join(pieces), encoding="utf-8")
    return path


def as_of(path: Path, user: str) -> Path:
    """The file as if it were this user's: the sum is not over its head."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f'"user": "{ANA}"', f'"user": "{user}"', 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("named", [ANA, BOB])
async def test_s07_an_imported_procedure_waits_whosever_the_file_says_it_is(
    chat: Chat, store: BaseStore, exported: Path, named: str
) -> None:
    header, _ = checked(as_of(exported, named))
    assert header.user == named
    await import_file(chat, BOB, exported, header)
    assert await standing(store, BOB) == [(CHEERS, "superseded"), (CIAO, "proposed")]
    waiting = next(each for each in await procedures_of(store, BOB) if each.text == CIAO)
    assert waiting.reason == CAME_IN
    said = await say(chat, "Hello", thread(7), user=BOB)
    assert said["procedures"] == [] and "Ciao" not in said["messages"][-1].text
    # The user's own word puts it in force, and its earlier version is still there to go back to.
    await approve(store, BOB, waiting.id, NOW)
    said = await say(chat, "Hello", thread(8), user=BOB)
    assert [row["text"] for row in said["procedures"]] == [CIAO]
    await roll_back(store, BOB, waiting.id, NOW)
    assert (CHEERS, "active") in await standing(store, BOB)


async def test_s07_the_owner_may_say_that_a_files_procedures_are_in_force_again(
    chat: Chat, store: BaseStore, exported: Path
) -> None:
    before = await procedures_of(store, ANA)
    await erase_user(chat, ANA)
    header, _ = checked(exported)
    await import_file(chat, ANA, exported, header, in_force=True)
    after = await procedures_of(store, ANA)
    assert {each.id: each for each in after} == {each.id: each for each in before}

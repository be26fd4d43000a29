"""What a person changes by hand: history stays, with why; and what cannot be meant is told in one sentence."""

from typing import Any

import pytest

from config.errors import UserError
from memory.lifecycle.changing.by_hand import (
    APPROVED,
    KNOWN,
    RESTORED,
    WRONG,
    approve,
    edit,
    pin,
    reject,
    restore,
    retract,
)
from memory.lifecycle.changing.change import emptied, forget
from memory.lifecycle.learning.build import semantic
from memory.lifecycle.learning.remember import put
from memory.lifecycle.reading.browsing import NoSuchMemoryError, Position, Wanted, browse, lineage, named
from memory.schema import MAX_LOOKS, Kind, Memory, Source, Status
from tests.unit.memory_parts import LATER, ME, NOON, THREAD, Watched, fact, said, told


def known(text: str, number: int = 1, **more: Any) -> Memory:
    stated = fact(text, text, f"m{number}")
    made = semantic(THREAD, said(text, number), stated, run_id=None, turn=f"{THREAD}:m{number}", now=NOON)
    return made.model_copy(update=more)


PORTO = known("The user lives in Porto.")
TEA = known("The user likes tea.", 2)
HELD = known("The user likes gold.", 3, status=Status.QUARANTINED, reason="A tool said it.")


@pytest.fixture
async def store() -> Watched:
    made = Watched()
    await made.abatch([put(ME, each) for each in (PORTO, TEA, HELD)])
    return made


async def test_an_edit_is_the_persons_own_words_in_the_place_of_the_old(store: Watched) -> None:
    new = await edit(store, ME, PORTO, "  The user lives in Braga.  ", LATER)
    assert (new.text, new.provenance.quote, new.provenance.source) == (
        "The user lives in Braga.",
        "The user lives in Braga.",
        Source.USER,
    )
    kept = await store.memories()
    assert kept[PORTO.id].status is Status.SUPERSEDED
    assert kept[PORTO.id].validity.superseded_by == new.id
    assert kept[PORTO.id].validity.valid_to == LATER
    before = await store.everything()
    assert await edit(store, ME, kept[PORTO.id], "The user lives in Braga.", LATER) == new
    assert await store.everything() == before
    assert [each.text for each in await lineage(store, ME, kept[PORTO.id])] == [PORTO.text, new.text]
    assert await lineage(store, ME, new) == await lineage(store, ME, kept[PORTO.id])


async def test_an_edit_that_says_what_is_known_is_one_memory(store: Watched) -> None:
    new = await edit(store, ME, PORTO, TEA.text, LATER, wrong=True)
    assert new.id == TEA.id
    kept = await store.memories()
    assert set(kept) == {PORTO.id, TEA.id, HELD.id}
    assert (kept[PORTO.id].status, kept[PORTO.id].validity.superseded_by) == (Status.RETRACTED, TEA.id)


@pytest.mark.parametrize(
    ("statement", "kind", "told"),
    [
        ("  ", Kind.SEMANTIC, "nothing to keep"),
        ("x" * 501, Kind.SEMANTIC, "500"),
        ("x", Kind.EPISODIC, "no fact"),
    ],
)
async def test_an_edit_that_cannot_be_meant_changes_nothing(
    store: Watched, statement: str, kind: Kind, told: str
) -> None:
    before = await store.everything()
    with pytest.raises(UserError, match=told):
        await edit(store, ME, PORTO.model_copy(update={"kind": kind}), statement, LATER)
    assert await store.everything() == before


async def test_what_is_wrong_leaves_recall_and_stays_with_the_reason(store: Watched) -> None:
    assert (await retract(store, ME, TEA, "")).reason == WRONG
    gone = await retract(store, ME, PORTO, " It was\n a joke. ")
    assert (gone.status, gone.reason, gone.text) == (Status.RETRACTED, "It was a joke.", PORTO.text)
    with pytest.raises(UserError, match="at most 500"):
        await retract(store, ME, HELD, "x" * 501)
    new = await edit(store, ME, HELD, "The user likes silver.", LATER)
    with pytest.raises(UserError, match="was replaced before"):
        await retract(store, ME, (await store.memories())[HELD.id], "")
    assert new.status is Status.ACTIVE


async def test_what_waits_is_approved_or_rejected_and_nothing_else_is(store: Watched) -> None:
    done = await approve(store, ME, HELD, LATER)
    assert (done.status, done.reason, done.provenance) == (Status.ACTIVE, APPROVED, HELD.provenance)
    with pytest.raises(UserError, match="waits for nobody"):
        await reject(store, ME, done, LATER)
    twin = known(TEA.text, 4, status=Status.QUARANTINED)
    other = known("The user is rich.", 5, status=Status.QUARANTINED)
    await store.abatch([put(ME, twin), put(ME, other)])
    assert (await approve(store, ME, twin, LATER)).id == TEA.id
    kept = await store.memories()
    assert (kept[twin.id].status, kept[twin.id].reason) == (Status.RETRACTED, KNOWN)
    assert kept[TEA.id].also == [twin.turn]
    assert (await reject(store, ME, other, LATER, "No.")).reason == "No."


async def test_who_changed_it_meanwhile_is_heard(store: Watched) -> None:
    await reject(store, ME, HELD, LATER)
    with pytest.raises(UserError, match="changed by somebody else"):
        await approve(store, ME, HELD, LATER)
    assert (await pin(store, ME, TEA, pinned=True)).pinned
    assert (await store.memories())[TEA.id].pinned


async def test_a_memory_is_named_by_the_beginning_of_its_id(store: Watched) -> None:
    assert await named(store, ME, TEA.id) == TEA
    assert await named(store, ME, TEA.id[:8]) == TEA
    near = TEA.model_copy(update={"id": TEA.id[:-1] + ("0" if TEA.id[-1] != "0" else "1")})
    await store.abatch([put(ME, near)])
    for asked, why in ((TEA.id[:8], "Several"), (TEA.id[:3], "too short")):
        with pytest.raises(UserError, match=why):
            await named(store, ME, asked)
    for asked in ("ffff-none", PORTO.id + "x"):
        with pytest.raises(NoSuchMemoryError):
            await named(store, ME, asked)
    with pytest.raises(NoSuchMemoryError):
        await named(store, "bob", TEA.id)


async def test_memories_are_listed_by_what_they_are(store: Watched) -> None:
    async def listed(**wanted: Any) -> set[str]:
        return {each.id for each in (await browse(store, ME, Wanted(**wanted), limit=10)).memories}

    assert await listed() == {PORTO.id, TEA.id, HELD.id}
    assert await listed(statuses=(Status.QUARANTINED,)) == {HELD.id}
    assert await listed(kinds=(Kind.EPISODIC,)) == set()
    assert await listed(sources=(Source.TOOL,)) == set()
    assert await listed(since=NOON) == {PORTO.id, TEA.id, HELD.id}
    assert await listed(until=NOON) == set()
    first = await browse(store, ME, Wanted(), limit=2)
    rest = await browse(store, ME, Wanted(), limit=2, after=Position.read(str(first.next)))
    assert (len(first.memories), len(rest.memories), rest.next) == (2, 1, None)
    assert {each.id for each in [*first.memories, *rest.memories]} == {PORTO.id, TEA.id, HELD.id}
    for odd in ("", "semantic", "semantic:-1", "fact:0", "semantic:99999999999", "semantic:²"):
        with pytest.raises(UserError, match="what `next` said"):
            Position.read(odd)


async def test_what_was_done_by_hand_stays_in_the_history(store: Watched) -> None:
    """After a restoration nothing told that the memory had ever been retracted."""
    gone = await retract(store, ME, TEA, "It was a joke.")
    back = await restore(store, ME, gone)
    assert [(look.did, look.reason) for look in back.looks] == [
        ("retracted", "It was a joke."),
        ("restored", RESTORED),
    ]
    assert back.looks[0].at <= back.looks[1].at
    assert (await retract(store, ME, await retract(store, ME, back, ""), "")).looks[2:][0].reason == WRONG
    held = await approve(store, ME, HELD, LATER)
    assert [(look.did, look.at) for look in held.looks] == [("approved", LATER)]
    for _ in range(MAX_LOOKS):
        gone = await retract(store, ME, await restore(store, ME, gone), "")
    assert len(gone.looks) == MAX_LOOKS


async def test_what_forgetting_left_fills_no_list(store: Watched) -> None:
    said_so = told("I like tea.", 2)
    await store.abatch([put(ME, said_so)])
    await forget(store, ME, TEA)
    assert (await store.memories())[said_so.id].emptied
    for wanted in (Wanted(), Wanted(statuses=(Status.RETRACTED,))):
        assert said_so.id not in {each.id for each in (await browse(store, ME, wanted, limit=10)).memories}
    [mark] = (await browse(store, ME, Wanted(kinds=(Kind.EPISODIC,), emptied=True), limit=10)).memories
    assert mark == emptied(said_so)

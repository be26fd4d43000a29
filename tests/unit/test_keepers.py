"""Memories of the user's own and of their agents' rooms, listed and found as one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import UserError
from memory.lifecycle.changing.by_hand import retract
from memory.lifecycle.learning.remember import put
from memory.lifecycle.reading.browsing import NoSuchMemoryError, Position, Wanted
from memory.lifecycle.sharing.keepers import Keeper, Whose, browse_all, keepers, named_among
from memory.lifecycle.sharing.rooms import OwnRoom
from memory.long_term.rows.readers import Reader
from memory.schema import Kind, Memory, Status
from tests.unit.memory_parts import ME, Watched, learned, told


async def filled(own: int, researcher: int, planner: int = 0) -> Watched:
    """A store with so many facts of the user's own and in the rooms of two agents, and a message in each."""
    store = Watched()
    places = [store, *(OwnRoom(store, Reader(ME, agent)) for agent in ("researcher", "planner"))]
    for number, (place, count) in enumerate(zip(places, (own, researcher, planner), strict=True)):
        facts: list[Memory] = [
            learned(f"The user likes {number} {n}.", 10 * number + n) for n in range(count)
        ]
        said = [told(f"I like {number}.", 100 + number)] if count else []
        await place.abatch([put(ME, each) for each in [*facts, *said]])
    return store


async def all_of(store: Watched, agent: str | None = None) -> list[Keeper]:
    return await keepers(store, Whose(ME, agent))


async def test_all_is_listed_with_who_keeps_it() -> None:
    store = await filled(1, 2, 1)
    found = (await browse_all(await all_of(store), Wanted((Kind.SEMANTIC,)), limit=10)).found
    assert [each.keeper.agent for each in found] == ["", "planner", "researcher", "researcher"]
    own = (await browse_all(await all_of(store, ""), Wanted((Kind.SEMANTIC,)), limit=10)).found
    assert [each.keeper.agent for each in own] == [""]
    some = (await browse_all(await all_of(store, "researcher"), Wanted(), limit=10)).found
    assert {each.keeper.agent for each in some} == {"researcher"} and len(some) == 3


async def test_an_agent_that_keeps_nothing_is_told_with_those_that_do() -> None:
    store = await filled(1, 1)
    with pytest.raises(
        UserError, match=r"No agent 'planer' keeps anything of its own of this user: researcher\."
    ):
        await all_of(store, "planer")


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=3, max_size=3), st.integers(1, 5))
async def test_page_by_page_it_is_the_whole_list(counts: list[int], limit: int) -> None:
    places = await all_of(await filled(*counts))
    whole = (await browse_all(places, Wanted(), limit=100)).found
    pages, after = [], None
    for _ in range(len(whole) + 2):
        page = await browse_all(places, Wanted(), limit=limit, after=after)
        pages += page.found
        if page.next is None:
            break
        assert len(page.found) == limit
        after = Position.read(str(page.next))
    assert [(each.keeper.agent, each.memory.id) for each in pages] == [
        (each.keeper.agent, each.memory.id) for each in whole
    ]
    assert len(whole) == sum(counts) + sum(count > 0 for count in counts)


async def test_a_memory_is_found_and_changed_where_it_is_kept() -> None:
    store = await filled(1, 1)
    [_, room] = await all_of(store)
    [found, _] = (await browse_all([room], Wanted(), limit=10)).found
    for which in (found.memory.id, found.memory.id[:12]):
        again = await named_among(await all_of(store), which)
        assert (again.memory, again.keeper.agent) == (found.memory, "researcher")
    with pytest.raises(NoSuchMemoryError):
        await named_among(await all_of(store, ""), found.memory.id)
    await retract(again.keeper.store, ME, again.memory, "")
    assert (await named_among([room], found.memory.id)).memory.status is Status.RETRACTED
    assert found.memory.id not in [
        key for key, each in (await store.memories()).items() if each.status == "active"
    ]


async def test_a_beginning_that_several_keepers_have_is_not_enough() -> None:
    store = Watched()
    room = OwnRoom(store, Reader(ME, "researcher"))
    await store.abatch([put(ME, learned("The user likes tea.", id="abcd-1"))])
    await room.abatch([put(ME, learned("The user likes figs.", id="abcd-2"))])
    with pytest.raises(UserError, match="Several memories' ids begin with 'abcd'"):
        await named_among(await all_of(store), "abcd")
    assert (await named_among(await all_of(store), "abcd-2")).keeper.agent == "researcher"
    with pytest.raises(NoSuchMemoryError):
        await named_among(await all_of(store), "abcdef")


def test_a_position_that_no_listing_told_is_refused() -> None:
    assert Position.read("semantic:3:a:b") == Position(Kind.SEMANTIC, 3, "a:b")
    for text in ("semantic", "semantic:x", "semantic:3x:a", "nothing:3"):
        with pytest.raises(UserError):
            Position.read(text)

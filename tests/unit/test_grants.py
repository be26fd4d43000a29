"""Grants: the rule by which they open memories, and how one is spelled."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.store.memory import InMemoryStore

from config.errors import UserError
from memory.lifecycle.sharing.grants import (
    Action,
    Grant,
    allows,
    checked,
    give,
    grants_of,
    parsed_grantee,
    revoke,
)
from memory.long_term.rows.readers import ANY_KIND, grantee

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLANNER = grantee("agent", "planner")
NAMES = st.text(min_size=1, max_size=12).filter(lambda name: name.strip() and "\0" not in name)
NAMES = NAMES.filter(lambda name: name.isprintable())
GRANTS = st.builds(
    Grant,
    st.builds(grantee, st.sampled_from(["agent", "team", "user"]), NAMES),
    st.one_of(
        st.just((ANY_KIND,)), st.lists(NAMES, min_size=1, max_size=3).map(lambda k: tuple(sorted(set(k))))
    ),
    st.sampled_from(Action),
    st.one_of(
        st.none(),
        st.integers(1, 200_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    ),
    st.one_of(st.just(""), NAMES),
)


@given(GRANTS)
def test_a_grant_is_spelled_whole_in_its_key(grant: Grant) -> None:
    if ANY_KIND in grant.kinds and len(grant.kinds) > 1:
        grant = Grant(grant.grantee, (ANY_KIND,), grant.action, grant.until, grant.keeper)
    assert Grant.from_key(grant.key) == grant


@pytest.mark.parametrize(
    "key",
    [
        "",
        "notes",
        "agent:planner",
        "agent:planner//semantic/read/",
        "owner:ana//semantic/read/0",
        "agent:planner//semantic/own/0",
        "agent:planner//semantic/read/0\n",
        "agent:planner//semantic/read/-1",
    ],
)
def test_a_key_of_another_form_grants_nothing(key: str) -> None:
    assert Grant.from_key(key) is None


@pytest.mark.parametrize(
    ("grants", "kind", "action", "opens"),
    [
        ([], "semantic", Action.READ, False),
        ([Grant(PLANNER, ("semantic",))], "semantic", Action.READ, True),
        ([Grant(PLANNER, ("semantic",))], "episodic", Action.READ, False),
        ([Grant(PLANNER, ("semantic",))], "semantic", Action.WRITE, False),
        ([Grant(PLANNER, ("semantic",), Action.WRITE)], "semantic", Action.READ, True),
        ([Grant(PLANNER, (ANY_KIND,))], "procedural", Action.READ, True),
        ([Grant(PLANNER, (ANY_KIND,), Action.WRITE)], "grants", Action.READ, False),
        ([Grant(PLANNER, ("grants",), Action.WRITE)], "grants", Action.WRITE, False),
        ([Grant(grantee("agent", "other"), ("semantic",))], "semantic", Action.READ, False),
        ([Grant(PLANNER, ("semantic",), until=NOW)], "semantic", Action.READ, False),
        ([Grant(PLANNER, ("semantic",), until=NOW + timedelta(seconds=1))], "semantic", Action.READ, True),
        ([Grant(PLANNER, ("semantic",), keeper="researcher")], "semantic", Action.READ, False),
    ],
)
def test_what_a_grant_opens(grants: Sequence[Grant], kind: str, action: Action, opens: bool) -> None:
    assert allows(grants, {PLANNER}, kind, action, NOW) is opens


def test_a_grant_of_an_agents_own_memory_opens_that_alone() -> None:
    grants = [Grant(PLANNER, ("semantic",), keeper="researcher")]
    assert allows(grants, {PLANNER}, "semantic", Action.READ, NOW, keeper="researcher")
    assert not allows(grants, {PLANNER}, "semantic", Action.READ, NOW, keeper="other")


@pytest.mark.parametrize(
    "grant",
    [
        Grant(PLANNER, ()),
        Grant(PLANNER, ("grants",)),
        Grant(PLANNER, ("semantic",), until=NOW),
        Grant("planner", ("semantic",)),
    ],
)
def test_a_grant_that_could_never_hold_is_refused(grant: Grant) -> None:
    with pytest.raises(UserError):
        checked(grant, NOW)


@pytest.mark.parametrize("given", ["planner", "agent:", "owner:ana", "", "agent: "])
def test_a_grantee_that_names_nobody_is_refused(given: str) -> None:
    with pytest.raises(UserError):
        parsed_grantee(given)


async def test_a_second_grant_for_the_same_takes_the_place_of_the_first() -> None:
    store = InMemoryStore()
    await give(store, "ana", Grant(PLANNER, ("semantic",)), NOW)
    soon = await give(store, "ana", Grant(PLANNER, ("semantic",), until=NOW + timedelta(days=1)), NOW)
    await give(store, "ana", Grant(PLANNER, ("semantic",), Action.WRITE), NOW)
    assert [each for each in await grants_of(store, "ana") if each.action is Action.READ] == [soon]
    assert len(await grants_of(store, "ana")) == 2
    assert await grants_of(store, "bob") == []


async def test_of_a_grant_single_kinds_can_be_revoked() -> None:
    store = InMemoryStore()
    await give(store, "ana", Grant(PLANNER, ("episodic", "semantic")), NOW)
    await give(store, "ana", Grant(grantee("team", "team"), ("semantic",)), NOW)
    assert len(await revoke(store, "ana", PLANNER, ["semantic"])) == 1
    assert [each.kinds for each in await grants_of(store, "ana")] == [("episodic",), ("semantic",)]
    assert len(await revoke(store, "ana", PLANNER)) == 1
    assert await revoke(store, "ana", PLANNER) == []
    assert [each.grantee for each in await grants_of(store, "ana")] == ["team:team"]


async def test_single_kinds_cannot_be_taken_out_of_all() -> None:
    store = InMemoryStore()
    await give(store, "ana", Grant(PLANNER, (ANY_KIND,)), NOW)
    with pytest.raises(UserError, match="revoke it whole"):
        await revoke(store, "ana", PLANNER, ["semantic"])
    assert len(await grants_of(store, "ana")) == 1

"""Consolidation on a real store: it can be undone, survives crashes and forgetting, and touches nobody else."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import BaseStore, Op, Result

from agents.context import ChatContext
from config.settings import Settings, settings
from graphs.maintenance import build, maintain_memories
from memory.lifecycle.changing import runs
from memory.lifecycle.changing.change import forget, supersede
from memory.lifecycle.changing.runs import Change, Run, runs_namespace, runs_of, undo_run
from memory.lifecycle.changing.undo import bring_back, take_back
from memory.lifecycle.keeping.consolidate import Consolidation, Policy, Report
from memory.lifecycle.keeping.pruning import Pruning
from memory.lifecycle.learning.clusters import SUMMARY
from memory.lifecycle.learning.remember import put
from memory.lifecycle.reading.lookup import all_of, memory_by_id
from memory.lifecycle.recalling.recall import recall
from memory.long_term.wrappers.wrapper import Wrapper
from memory.namespaces import owner_namespace
from memory.schema import Kind, Memory, Status, Views
from tests.services.chat import ANA
from tests.services.command import here
from tests.services.long_term import rows
from tests.unit.memory_parts import NOON, learned, told

BOB = "bob@example.com"
AT = NOON + timedelta(days=90)
PORTO = learned("The user lives in Porto.", 1)
PORTO_TOO = learned("The user now lives in Porto.", 2)
FARO = learned("The user's sister lives in Faro.", 3)
RUNS = [told(f"I went for a run in the park this morning, {n} kilometres.", n) for n in range(11, 15)]
MOVE = told("We moved to Porto in May. The flat is near the river. My sister Ines carried the piano.", 21)
PINNED = told("I went for a run in the park this morning, 20 kilometres. It was hot.", 22, pinned=True)
ALL = [PORTO, PORTO_TOO, FARO, *RUNS, MOVE, PINNED]


@pytest.fixture
async def full(store: BaseStore) -> BaseStore:
    await store.abatch([put(owner, memory) for owner in (ANA, BOB) for memory in ALL])
    return store


async def memories(store: BaseStore, user: str = ANA) -> dict[str, Memory]:
    return {each.id: each for kind in Kind async for each in all_of(store, user, kind)}


async def everything(store: BaseStore, user: str = ANA) -> str:
    """All that the store holds of a user, as text."""
    found = await store.asearch(owner_namespace(user), limit=1_000)
    return json.dumps([item.value for item in found])


async def run(store: BaseStore, name: str = "r1", policy: Policy | None = None, **rest: Any) -> Report:
    work = Consolidation(Run(store, ANA, name, AT), policy or Policy(), **rest)
    return await work.consolidate()


def summaries(found: dict[str, Memory]) -> list[Memory]:
    return [each for each in found.values() if each.category == SUMMARY]


async def test_what_says_the_same_becomes_one_and_is_found_once(full: BaseStore) -> None:
    report = await run(full)
    found = await memories(full)
    assert report.merged == 1
    kept, gone = sorted((found[PORTO.id], found[PORTO_TOO.id]), key=lambda each: each.status)
    assert (kept.status, gone.status) == (Status.ACTIVE, Status.MERGED)
    assert (kept.stands_for, kept.also) == ([gone.id], [gone.turn])
    assert found[FARO.id] == FARO
    texts = [each.text for each in await recall(full, ANA, "Where do I live?", limit=8)]
    assert sum("lives in Porto" in text for text in texts) == 1


async def test_old_episodes_are_summed_up_and_thinned_out_and_the_pinned_one_stays(
    full: BaseStore, database: str
) -> None:
    before = rows(database, "memory_vectors", _owner(ANA)), rows(database, "memory_vectors", _owner(BOB))
    report = await run(full)
    after = rows(database, "memory_vectors", _owner(ANA)), rows(database, "memory_vectors", _owner(BOB))
    found = await memories(full)
    [summary] = summaries(found)
    assert sorted(summary.stands_for) == sorted(each.id for each in RUNS)
    assert {m for each in RUNS for m in each.provenance.message_ids} == set(summary.provenance.message_ids)
    assert all(found[each.id].status is Status.MERGED for each in RUNS)
    assert found[PINNED.id] == PINNED
    assert found[MOVE.id] == MOVE.model_copy(update={"views": Views.WHOLE})
    assert report.views == before[0] - after[0] > 0
    assert after[1] == before[1]
    assert await memories(full, BOB) == {each.id: each for each in ALL}
    [hit, *_] = await recall(full, ANA, "Who carried the piano?", limit=8)
    assert hit.id == MOVE.id


async def test_a_run_is_undone_as_a_whole_and_a_second_one_finds_nothing_to_do(
    full: BaseStore, database: str
) -> None:
    views = rows(database, "memory_vectors")
    first = await run(full)
    again = await run(full, "r2")
    assert (again.merged, again.summaries, again.thinned, again.views) == (0, 0, 0, 0)
    assert list(await runs_of(full, ANA)) == ["r1"]
    undone = await undo_run(full, ANA, "r1")
    assert undone is not None
    assert undone.skipped == 0
    assert len(undone.done) == first.merged * 2 + first.summarised + first.summaries + first.thinned
    assert await memories(full) == {each.id: each for each in ALL}
    assert rows(database, "memory_vectors") == views
    assert await undo_run(full, ANA, "r1") is None


async def test_a_dry_run_tells_what_a_run_does_and_writes_nothing(full: BaseStore) -> None:
    before = await everything(full)
    dry = await run(full, dry_run=True)
    assert await everything(full) == before
    wet = await run(full)
    assert (dry.merged, dry.summarised, dry.views) == (wet.merged, wet.summarised, wet.views)


class Cut(Wrapper):
    """A store that is gone at the n-th batch of writes."""

    def __init__(self, inner: BaseStore, at: int) -> None:
        super().__init__(inner)
        self.at, self.count = at, 0

    async def _abatch(self, ops: Iterable[Op]) -> list[Result]:
        given = list(ops)
        if any(getattr(op, "value", None) is not None for op in given):
            self.count += 1
            if self.count >= self.at:
                raise OSError("the database went away")
        return await self.inner.abatch(given)


@pytest.mark.parametrize("at", [1, 2, 3])
async def test_a_run_that_is_cut_off_is_gone_on_with(
    full: BaseStore, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(runs, "BATCH", 1)
    with pytest.raises(OSError, match="went away"):
        await run(Cut(full, at), "r1")
    for memory in (await memories(full)).values():
        for each in memory.stands_for:
            merged = await memory_by_id(full, ANA, each)
            assert merged is not None
            assert merged.status is Status.MERGED
    await run(full, "r2")
    found = await memories(full)
    stood_for = [each for memory in found.values() for each in memory.stands_for]
    assert sorted(stood_for) == sorted(m.id for m in found.values() if m.status is Status.MERGED)
    assert len(stood_for) == 1 + len(RUNS)
    for name in ("r2", "r1"):
        await undo_run(full, ANA, name)
    assert await memories(full) == {each.id: each for each in ALL}


async def test_what_somebody_changed_meanwhile_is_left_alone(full: BaseStore) -> None:
    item = await full.aget((*owner_namespace(ANA), "semantic"), FARO.id)
    newer = FARO.model_copy(update={"importance": 0.9})
    await full.abatch([put(ANA, newer)])
    stale = Change(FARO, FARO.model_copy(update={"status": Status.MERGED}), getattr(item, "version", None))
    fine = Change(PORTO, PORTO.model_copy(update={"importance": 0.8}))
    written = await Run(full, ANA, "r1", AT).write([[stale], [fine]])
    assert (written.skipped, written.done) == (1, [[fine]])
    assert (await memories(full))[FARO.id] == newer


async def test_undoing_leaves_alone_what_was_changed_after_the_run(full: BaseStore) -> None:
    await run(full)
    found = await memories(full)
    later = found[MOVE.id].model_copy(update={"views": Views.NONE})
    kept = next(each for each in found.values() if each.kind is Kind.SEMANTIC and each.also)
    more = kept.model_copy(update={"also": [*kept.also, "t:later"]})
    await full.abatch([put(ANA, later), put(ANA, more)])
    undone = await undo_run(full, ANA, "r1")
    assert undone is not None
    assert undone.skipped == 1
    now = await memories(full)
    assert now[MOVE.id].views is Views.NONE
    assert (now[kept.id].also, now[kept.id].stands_for) == (["t:later"], [])


async def test_undoing_brings_back_nothing_of_a_fact_that_was_corrected_since(full: BaseStore) -> None:
    await run(full)
    kept = next(each for each in (await memories(full)).values() if each.kind is Kind.SEMANTIC and each.also)
    braga = learned("The user lives in Braga.", 31, supersedes=kept.id)
    await supersede(full, ANA, kept, braga, AT)
    await undo_run(full, ANA, "r1")
    active = [each.text for each in (await memories(full)).values() if each.status is Status.ACTIVE]
    assert [text for text in active if "lives in" in text and "sister" not in text] == [braga.text]


async def test_what_is_forgotten_is_in_no_summary_and_the_rest_comes_back(full: BaseStore) -> None:
    await run(full)
    await forget(full, ANA, (await memories(full))[RUNS[0].id])
    found = await memories(full)
    assert summaries(found) == []
    assert [found[each.id].status for each in RUNS] == [Status.RETRACTED, *[Status.ACTIVE] * 3]
    assert "11 kilometres" not in await everything(full)
    assert "12 kilometres" in await everything(full)


async def test_forgetting_a_summary_or_a_merged_fact_forgets_what_it_stands_for(full: BaseStore) -> None:
    await run(full)
    [summary] = summaries(await memories(full))
    await forget(full, ANA, summary)
    kept = next(each for each in (await memories(full)).values() if each.stands_for)
    await forget(full, ANA, kept)
    left = await everything(full)
    assert not [n for n in range(11, 15) if f"{n} kilometres" in left]
    assert "lives in Porto" not in left
    assert await undo_run(full, ANA, "r1") is not None
    assert "lives in Porto" not in await everything(full)


async def test_an_undone_turn_is_in_no_summary_and_comes_back_with_redo(full: BaseStore) -> None:
    await run(full)
    turn = RUNS[1].turn
    assert (await take_back(full, ANA, turn)).total() == 1
    found = await memories(full)
    assert summaries(found) == []
    assert [found[each.id].status for each in RUNS] == [
        Status.ACTIVE,
        Status.RETRACTED,
        Status.ACTIVE,
        Status.ACTIVE,
    ]
    assert (await bring_back(full, ANA, turn)).total() == 1
    assert (await memories(full))[RUNS[1].id] == RUNS[1]


async def _prune(store: BaseStore, keep: int) -> Report:
    return await Consolidation(Run(store, ANA, "p1", AT), Policy(pruning=Pruning(keep))).prune()


async def test_above_the_count_what_matters_least_goes_and_can_come_back(full: BaseStore) -> None:
    report = await _prune(full, 4)
    found = await memories(full)
    assert report.pruned == len(ALL) - 4
    assert found[PINNED.id] == PINNED
    assert {PORTO.id, PORTO_TOO.id, FARO.id} <= found.keys()
    assert [found[each.id].detail for each in RUNS] == [""] * 4
    assert await memories(full, BOB) == {each.id: each for each in ALL}
    await undo_run(full, ANA, "p1")
    assert await memories(full) == {each.id: each for each in ALL}


async def test_what_was_pruned_and_is_forgotten_does_not_come_back(full: BaseStore) -> None:
    await _prune(full, 0)
    assert "12 kilometres" in await everything(full)
    await forget(full, ANA, (await memories(full))[RUNS[1].id])
    assert "12 kilometres" not in await everything(full)
    await undo_run(full, ANA, "p1")
    left = await everything(full)
    assert "12 kilometres" not in left
    assert "13 kilometres" in left


async def test_all_that_a_run_keeps_is_its_owners(full: BaseStore) -> None:
    """So that erasing an owner, whole namespaces at a time, erases it."""
    await run(full)
    assert await full.asearch(runs_namespace(ANA))
    assert await full.asearch(runs_namespace(BOB)) == []


async def test_a_model_sums_up_once_a_group_and_says_so(full: BaseStore) -> None:
    asked: list[int] = []

    async def summarise(group: Sequence[Memory]) -> str:
        asked.append(len(group))
        return "The user runs in the park."

    await run(full, summarise=summarise, by="openai:x")
    [summary] = summaries(await memories(full))
    assert asked == [len(RUNS)]
    assert (summary.text, summary.provenance.agent) == ("The user runs in the park.", "openai:x")
    assert "openai:x" in summary.reason


async def test_the_graph_does_all_of_it_and_where_people_sign_in_ones_own_alone(
    full: BaseStore, configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = build().compile(store=full)
    told_of = await graph.ainvoke({"dry_run": True}, context=ChatContext())
    assert told_of["consolidated"]["merged"] == 2
    assert told_of["forgotten"]["pruned"] == 0
    monkeypatch.setenv("MNEMOGRAPH_AUTH", "keys")
    monkeypatch.setenv("MNEMOGRAPH_API_KEYS", f"{ANA}:{'k' * 20}")
    monkeypatch.setenv("MNEMOGRAPH_KEEP_MEMORIES", "4")
    settings.cache_clear()
    done = await graph.ainvoke({}, context=ChatContext(user_id=ANA))
    assert done["consolidated"]["merged"] == 1
    assert done["forgotten"]["pruned"] > 0
    assert await memories(full, BOB) == {each.id: each for each in ALL}
    await undo_run(full, ANA, done["run"])
    assert await memories(full) == {each.id: each for each in ALL}


async def test_one_owners_trouble_is_not_the_others(full: BaseStore, configured: Settings) -> None:
    report = await maintain_memories(Cut(full, 1), configured, "consolidate", "r1", dry_run=False)
    assert report.failed == 2


def test_the_command_maintains_and_undoes(used_data_dir: Path) -> None:
    done = json.loads(here(used_data_dir, "maintain", "--json").stdout)
    assert done["consolidated"]["failed"] == 0
    nobody = here(used_data_dir, "maintain", "--profile")
    assert nobody.stdout == "Nothing is known of this user yet.\n"
    wrong = here(used_data_dir, "maintain", "--undo", "nothing")
    assert wrong.returncode == 2
    assert "There is no run 'nothing' to undo" in " ".join(wrong.stderr.split())


def _owner(user: str) -> str:
    return ".".join(owner_namespace(user))

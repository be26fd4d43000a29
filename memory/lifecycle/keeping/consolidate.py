"""One owner's memories made fewer: facts that say the same, episodes that tell the same, and views of what is old.

Each step reads, decides by a pure rule, and writes through a run (memory.lifecycle.changing.runs) that can be undone.
Nothing is deleted but what pruning was told to: what is merged or thinned stays as text.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, cast

from langgraph.store.base import SearchItem, SearchOp
from pydantic import ValidationError

from memory.lifecycle.changing.change import emptied
from memory.lifecycle.changing.runs import Change, Group, Run, Written
from memory.lifecycle.keeping.duplicates import CLOSE, may_merge, merges
from memory.lifecycle.keeping.pruning import Pruning, select_for_forgetting
from memory.lifecycle.keeping.thinning import Thinning, thinned
from memory.lifecycle.learning.clusters import BY_RULES, COHESIVE, cohesive, extract, may_cluster, summary_of
from memory.lifecycle.learning.remember import put
from memory.lifecycle.reading.decay import touched
from memory.lifecycle.reading.uses import uses_of
from memory.long_term.ranking.document import document_of
from memory.long_term.statements.began import begins_now
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status

Summarise = Callable[[Sequence[Memory]], Awaitable[str]]
"""Sums up a group of episodes in one statement; "" where they have nothing in common that is worth one."""

PAGE: Final = 500
ASKED_AT_ONCE: Final = 20
NEAREST: Final = 24
MAX_LOOKED_AT: Final = 2_000
"""Memories whose neighbours one run looks for, the newest first: a run's length has a bound."""
SAME: Final = "Says the same as another memory, which stands for it."
SUMMED_UP: Final = "A summary stands for it."
PRUNED: Final = "Pruned: its owner had more memories than are kept."


@dataclass(frozen=True)
class Policy:
    """What a run does. `quiet_for`: episodes younger than that are left as they are; None leaves all of them."""

    quiet_for: timedelta | None = timedelta(days=30)
    thinning: Thinning = field(default_factory=Thinning)
    pruning: Pruning = field(default_factory=Pruning)


@dataclass
class Report:
    """What a run did, or would do. `views` are embedded views that went, `rows` rows of the index and of memories.

    `skipped` changes met a memory that somebody else changed; for `failed` owners nothing more was done.
    """

    memories: int = 0
    merged: int = 0
    summaries: int = 0
    summarised: int = 0
    thinned: int = 0
    pruned: int = 0
    views: int = 0
    rows: int = 0
    skipped: int = 0
    failed: int = 0

    def add(self, other: "Report") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class Kept:
    """A memory as it was read."""

    memory: Memory
    version: int | None

    def becomes(self, after: Memory | None) -> Change:
        return Change(self.memory, after, self.version)


@dataclass(frozen=True)
class Consolidation:
    """One run over one owner. `summarise` is a model's, under its name `by`; without it rules sum up."""

    run: Run
    policy: Policy
    summarise: Summarise | None = None
    by: str = ""
    dry_run: bool = False

    @begins_now
    async def consolidate(self) -> Report:
        """Merge, sum up and thin. Raises what the store, the embedding model or the summing model raises."""
        report = Report(memories=len(await self._all(*Kind)))
        for step in (self._merge, self._sum_up, self._thin):
            report.add(await step())
        return report

    @begins_now
    async def prune(self) -> Report:
        """Let go what is above the count that the policy keeps."""
        kept = await self._all(*Kind)
        uses = await uses_of(self.run.store, self.run.user_id)
        gone = select_for_forgetting(
            [each.memory for each in kept.values()], self.policy.pruning, self.run.at, uses
        )
        groups = [[kept[memory.id].becomes(_pruned(memory))] for memory in gone]
        written = await self._write(groups)
        return self._told(written, Report(pruned=len(written.done)))

    async def _merge(self) -> Report:
        kept = await self._all(Kind.SEMANTIC)
        facts = [each.memory for each in kept.values() if may_merge(each.memory)][:MAX_LOOKED_AT]
        near = await self._near(Kind.SEMANTIC, {fact.id: fact.text for fact in facts}, CLOSE)
        groups = [
            [kept[merge.kept.id].becomes(merge.kept), *(kept[each.id].becomes(each) for each in merge.merged)]
            for merge in merges(facts, near, SAME)
        ]
        written = await self._write(groups)
        return self._told(written, Report(merged=sum(len(group) - 1 for group in written.done)))

    async def _sum_up(self) -> Report:
        if self.policy.quiet_for is None:
            return Report()
        kept = await self._all(Kind.EPISODIC)
        uses = await uses_of(self.run.store, self.run.user_id)
        quiet = self.run.at - self.policy.quiet_for
        old = [
            each.memory
            for each in kept.values()
            if may_cluster(each.memory) and touched(each.memory, uses.get(each.memory.id)) < quiet
        ][:MAX_LOOKED_AT]
        near = await self._near(Kind.EPISODIC, {each.id: each.detail for each in old}, COHESIVE)
        groups: list[Group] = []
        for members in cohesive(old, near):
            summary = await self._summary(members)
            if summary is not None:
                merged = {"status": Status.MERGED, "reason": SUMMED_UP}
                gone = [kept[each.id].becomes(each.model_copy(update=merged)) for each in members]
                groups.append([Change(None, summary), *gone])
        written = await self._write(groups)
        summed_up = sum(len(group) - 1 for group in written.done)
        return self._told(written, Report(summaries=len(written.done), summarised=summed_up))

    async def _summary(self, members: Sequence[Memory]) -> Memory | None:
        if self.summarise is None:
            return summary_of(members, extract(members), "", self.run.at, BY_RULES)
        if self.dry_run:  # a dry run calls no model
            return summary_of(members, extract(members), self.by, self.run.at, "")
        text = await self.summarise(members)
        reason = f"A summary by {self.by} of the memories that it stands for."
        return summary_of(members, text, self.by, self.run.at, reason) if text.strip() else None

    async def _thin(self) -> Report:
        kept = await self._all(Kind.EPISODIC)
        uses = await uses_of(self.run.store, self.run.user_id)
        groups: list[Group] = []
        for each in kept.values():
            views = thinned(each.memory, self.policy.thinning, self.run.at, uses.get(each.memory.id))
            after = each.memory.model_copy(update={"views": views})
            # One that had a single view anyway is kept in fewer bytes.
            if views is not each.memory.views:
                groups.append([each.becomes(after)])
        written = await self._write(groups)
        return self._told(written, Report(thinned=len(written.done)))

    async def _write(self, groups: Sequence[Group]) -> Written:
        return Written(done=list(groups)) if self.dry_run else await self.run.write(groups)

    def _told(self, written: Written, report: Report) -> Report:
        changes = [change for group in written.done for change in group]
        report.views = sum(_views(each.before) - _views(each.after) for each in changes)
        report.rows = sum(_rows(each.before) - _rows(each.after) for each in changes)
        report.skipped = written.skipped
        return report

    async def _all(self, *kinds: Kind) -> dict[str, Kept]:
        """Every memory of these kinds by its id, the newest first; another program's values are left out."""
        found: dict[str, Kept] = {}
        for kind in kinds:
            place, offset = memory_namespace(self.run.user_id, kind), 0
            while True:
                page = await self.run.store.asearch(place, limit=PAGE, offset=offset, refresh_ttl=False)
                found |= {each.memory.id: each for each in map(_kept, page) if each is not None}
                offset += PAGE
                if len(page) < PAGE:
                    break
        return dict(sorted(found.items(), key=_newest_first))

    async def _near(self, kind: Kind, texts: Mapping[str, str], floor: float) -> dict[str, dict[str, float]]:
        """The cosines from `floor` on between these memories, by both ids: as each finds the other, the lower one."""
        found: dict[str, dict[str, float]] = {}
        place, ids = memory_namespace(self.run.user_id, kind), list(texts)
        for start in range(0, len(ids), ASKED_AT_ONCE):
            some = ids[start : start + ASKED_AT_ONCE]
            ops = [
                SearchOp(place, query=texts[each] or " ", limit=NEAREST, refresh_ttl=False) for each in some
            ]
            answers = cast(list[list[SearchItem]], await self.run.store.abatch(ops))
            for one, items in zip(some, answers, strict=True):
                scores = {item.key: float(item.score or 0.0) for item in items}
                found[one] = {key: score for key, score in scores.items() if score >= floor and key != one}
        return {
            one: {
                other: min(score, found[other][one])
                for other, score in row.items()
                if one in found.get(other, {})
            }
            for one, row in found.items()
        }


def _kept(item: SearchItem) -> Kept | None:
    try:
        return Kept(Memory.from_value(item.value), getattr(item, "version", None))
    except ValidationError:
        return None


def _newest_first(each: tuple[str, Kept]) -> tuple[float, str]:
    return -each[1].memory.provenance.said_at.timestamp(), each[0]


def _pruned(memory: Memory) -> Memory | None:
    """A fact goes; an episode is emptied and stays as the mark that its turn was remembered."""
    return emptied(memory).model_copy(update={"reason": PRUNED}) if memory.kind is Kind.EPISODIC else None


def _views(memory: Memory | None) -> int:
    if memory is None:
        return 0
    document = document_of(put("nobody", memory), ())
    return len(document.views) if document else 0


def _rows(memory: Memory | None) -> int:
    """Its own, and that of the index where it is found by anything."""
    return 0 if memory is None else 2 if memory.status is Status.ACTIVE else 1

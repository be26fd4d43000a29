"""Write what a turn taught: exactly once, all of it or nothing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from langgraph.store.base import BaseStore, PutOp, SearchOp

from memory.at_once import both
from memory.lifecycle.language.pasted import own, sentence_of
from memory.lifecycle.learning.admission import Judged, judged
from memory.lifecycle.learning.build import candidates, episodes, quarantined
from memory.lifecycle.learning.decisions import TurnDecisions, decided, put_decisions
from memory.lifecycle.learning.procedures import Mode, Wishes, proposals
from memory.lifecycle.learning.reconcile import Candidate, Reconciled, Ruling, reconciled
from memory.lifecycle.learning.standing import Standing, looks, read, standings
from memory.lifecycle.learning.withdrawing import Marked, marked
from memory.lifecycle.learning.withdrawn import ENDED
from memory.lifecycle.reading.lookup import as_memories, of_turn, procedure_ops, upon
from memory.lifecycle.reading.neighbours import Neighbour, as_neighbours, beside, near_to, twins
from memory.lifecycle.reading.uses import noting
from memory.lifecycle.turns.evidence import Evidence
from memory.lifecycle.turns.extraction import Extraction
from memory.long_term.ahead import embed_ahead
from memory.long_term.statements.began import begins_now
from memory.long_term.statements.writes import ConflictError
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status
from memory.text import shorten

Extract = Callable[[dict[str, Any]], Awaitable[Extraction]]
"""Reads a turn's document. Raises NothingLearned when another attempt would end the same way."""

ATTEMPTS: Final = 4
"""How often a turn is written, where others change the same memories meanwhile."""
MAX_SHOWN_CHARS: Final = 100
MAX_WORDS_CHARS: Final = 300
"""In a longer message the fact's own sentence alone says whether something was wrong or has changed."""


class NothingLearned(Exception):  # noqa: N818 - what came of it, in one sentence for a person
    """This turn gives no facts, now or later; its episode is kept all the same."""


@dataclass
class Remembered:
    """What one call wrote, and what a person should know about it. `held` waits for a person's look."""

    memories: list[Memory] = field(default_factory=list)
    held: list[Memory] = field(default_factory=list)
    already: int = 0
    warnings: list[str] = field(default_factory=list)

    def add(self, other: "Remembered") -> None:
        """What another call wrote comes after what is here."""
        self.memories += other.memories
        self.held += other.held
        self.already += other.already
        self.warnings += other.warnings


@begins_now
async def remember(
    store: BaseStore,
    user_id: str,
    turns: Sequence[Evidence],
    extract: Extract,
    *,
    now: datetime,
    max_facts: int,
    only_waiting: bool = False,
    procedures: Mode = "ask",
) -> Remembered:
    """Remember these turns in order. A turn whose episode is in the store already is left alone.

    A turn that was undone and said again is a new turn, which takes the place of what was undone. One whose words are
    kept already (memory.lifecycle.learning.words) is completed; `only_waiting` leaves all others alone.

    Raises what the store, the embedding model or `extract` raises, and ConflictError when the words of a turn were
    changed (undone, forgotten) while it was extracted. Turns before the failing one stay written.
    """
    result = Remembered()
    if not turns:
        return result
    asked, wished = looks(user_id, turns), _of_wishes(user_id)
    try:
        # What a later turn is near to may be what an earlier one taught: it is looked for when its turn comes.
        found = await store.abatch([*asked, *wished, *_near_to(store, user_id, turns[0])])
    except Exception:
        # Whoever asks again for what is done waits for no embedding model.
        there = read(await store.abatch(asked))
        if not all(_left_alone(standing, only_waiting=only_waiting) for standing in there):
            raise
        return Remembered(already=len(turns))
    learned, close = found[len(asked) :], found[len(asked) + len(wished) :]
    wishes = Wishes(procedures, *as_memories(learned[: len(wished)]))
    for number, (evidence, standing) in enumerate(zip(turns, read(found[: len(asked)]), strict=True)):
        if _left_alone(standing, only_waiting=only_waiting):
            result.already += 1
            continue
        if number:
            close = await store.abatch(_near_to(store, user_id, evidence))
        await _remember_turn(
            store,
            user_id,
            evidence,
            extract,
            result,
            standing=standing,
            near=as_neighbours(close),
            now=now,
            max_facts=max_facts,
            wishes=wishes,
        )
    return result


def _near_to(store: BaseStore, user_id: str, evidence: Evidence) -> list[SearchOp]:
    """The search for the facts near to a turn; what was forgotten in it is not looked for."""
    return [] if evidence.private else near_to(store, user_id, evidence.opening.text)


def _left_alone(standing: Standing, *, only_waiting: bool) -> bool:
    return not standing.waits if only_waiting else standing.is_done


def _of_wishes(user_id: str) -> list[SearchOp]:
    """The searches for the procedures that hold or wait."""
    return procedure_ops(user_id, Status.ACTIVE, Status.PROPOSED)


async def _remember_turn(
    store: BaseStore,
    user_id: str,
    evidence: Evidence,
    extract: Extract,
    result: Remembered,
    *,
    standing: Standing,
    near: Sequence[Neighbour],
    now: datetime,
    max_facts: int,
    wishes: Wishes,
) -> None:
    extraction = Extraction(summary="")
    try:
        if not evidence.private:
            shown = [*wishes.related(), *(_shown(each.memory) for each in near)]
            extraction = await extract(evidence.document(shown))
    except NothingLearned as error:
        result.warnings.append(str(error))
    found = judged(evidence, extraction, [evidence.earlier, *(each.memory.text for each in near)])
    learned = _Learned(
        evidence=evidence,
        found=found,
        candidates=[
            _candidate(memory, each, near) for memory, each in candidates(evidence, found, now, max_facts)
        ],
        held=quarantined(evidence, found, now),
        episodes=episodes(evidence, extraction.summary, now),
        standing=standing,
        proposed=proposals(evidence, extraction, now),
        near=near,
        wishes=wishes,
    )
    await _write_once(store, user_id, learned, result, now=now)


async def _write_once(
    store: BaseStore, user_id: str, learned: "_Learned", result: Remembered, *, now: datetime
) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            memories = await _write(store, user_id, learned, now)
        except ConflictError:
            # Somebody changed what this turn changes, or has remembered the turn itself.
            if attempt == ATTEMPTS:
                raise
            [standing] = await standings(store, user_id, [learned.evidence])
            if _left_alone(standing, only_waiting=learned.standing.waits):
                result.already += 1
                return
            learned.wishes.take(*as_memories(await store.abatch(_of_wishes(user_id))))
            learned = replace(learned, standing=standing, near=[])
        else:
            result.memories += memories
            result.held += learned.held
            return


@dataclass(frozen=True)
class _Learned:
    """What a turn taught, before it is held against what is known: `near`, and the procedures of `wishes`."""

    evidence: Evidence
    found: list[Judged]
    candidates: list[Candidate]
    held: list[Memory]
    episodes: list[Memory]
    standing: Standing
    proposed: list[Memory]
    near: Sequence[Neighbour]
    wishes: Wishes

    @property
    def words(self) -> list[Memory]:
        """The episodes to write: of words that are kept already only the first, which bears the summary."""
        return self.standing.completed(self.episodes[0]) if self.standing.waits else self.episodes


async def _write(store: BaseStore, user_id: str, learned: _Learned, now: datetime) -> list[Memory]:
    """All that a turn taught and changed, in one transaction. Raises ConflictError where something came between."""
    evidence, wishes = learned.evidence, learned.wishes
    # Side by side: the facts are embedded while what they may change is looked for.
    statements = [each.memory.text for each in learned.candidates]
    (outcome, versions), _ = await both(
        settled(store, user_id, learned.candidates, learned.near), embed_ahead(store, statements)
    )
    before = await of_turn(store, user_id, evidence.turn) if learned.standing.is_undone else []
    waiting = await twins(store, user_id, learned.held, active=False)
    held = [
        memory
        for memory in learned.held
        if memory.fingerprint not in waiting or waiting[memory.fingerprint].memory.id == memory.id
    ]
    marks = await marked(store, user_id, _ended(outcome), {each.id: each for each in learned.words})
    words = [marks.episodes.pop(each.id, Neighbour(each)).memory for each in learned.words]
    first, *others = [put(user_id, memory) for memory in words]
    ops = [
        *(put(user_id, each) for each in (*outcome.new.values(), *held)),
        upon(store, first, learned.standing.version),
        *others,
        *put_marked(store, user_id, marks),
    ]
    wished = wishes.settled(learned.proposed, now)
    wished = wished.for_later() if learned.standing.waits else wished
    versions |= wishes.versions
    changed = [*outcome.changed.values(), *wished.taught, *wished.others]
    ops += [upon(store, put(user_id, each), versions.get(each.id)) for each in changed]
    written = {op.key for op in ops}
    stale = [memory for memory in before if memory.undone and memory.id not in written]
    ops += [PutOp(memory_namespace(user_id, memory.kind), memory.id, None) for memory in stale]
    decisions = decided(evidence, learned.found, held, outcome.rulings)
    if decisions:
        ops.append(put_decisions(user_id, TurnDecisions.of(evidence, decisions, now)))
    ops += await noting(store, user_id, evidence.turn, evidence.relied_on, evidence.said[-1].at)
    await store.abatch([*ops, *learned.standing.settled(user_id)])
    wishes.add([*wished.taught, *wished.others])
    said = [] if learned.standing.waits else words
    # What is kept of a memory that ended is another turn's.
    facts = (
        each for each in outcome.new.values() if each.status is Status.ACTIVE and each.turn == evidence.turn
    )
    return [*facts, *wished.taught, *said]


async def settled(
    store: BaseStore, user_id: str, found: Sequence[Candidate], near: Sequence[Neighbour] = ()
) -> tuple[Reconciled, dict[str, int | None]]:
    """Candidates held against what is known, and the versions that this was. Reads, and writes nothing."""
    if not found:
        return Reconciled(), {}
    known = {each.memory.id: each for each in near}
    known |= {each.memory.id: each for each in await beside(store, user_id, [each.memory for each in found])}
    outcome = reconciled(found, [each.memory for each in known.values()])
    return outcome, {name: each.version for name, each in known.items()}


@begins_now
async def learn(store: BaseStore, user_id: str, found: Candidate) -> Ruling:
    """Write one fact that somebody asked to be kept, held against what is known; what became of it.

    Raises ConflictError where others change the same memories all the while.
    """
    for attempt in range(1, ATTEMPTS + 1):
        outcome, versions = await settled(store, user_id, [found])
        ops = [put(user_id, memory) for memory in outcome.new.values()]
        ops += [upon(store, put(user_id, each), versions.get(each.id)) for each in outcome.changed.values()]
        ops += put_marked(store, user_id, await marked(store, user_id, _ended(outcome)))
        try:
            await store.abatch(ops)
        except ConflictError:
            if attempt == ATTEMPTS:
                raise
        else:
            break
    return outcome.rulings[-1]


def _ended(outcome: Reconciled) -> list[Memory]:
    return [each for each in (*outcome.new.values(), *outcome.changed.values()) if each.status in ENDED]


def _candidate(memory: Memory, judged_: Judged, near: Sequence[Neighbour]) -> Candidate:
    """What a model says of a memory that it was not shown counts for nothing."""
    fact, said = judged_.fact, judged_.said
    shown = fact.of in {each.memory.id for each in near}
    words = own(said.text) if said else ""
    if len(words) > MAX_WORDS_CHARS:
        words = sentence_of(fact.quote, words)
    return Candidate(memory, fact.change if shown else "new", fact.of if shown else "", words)


def _shown(memory: Memory) -> dict[str, str]:
    return {"id": memory.id, "statement": shorten(memory.text, MAX_SHOWN_CHARS)}


def put(user_id: str, memory: Memory) -> PutOp:
    """The write of one memory; what is no longer active, an echo and how things are done are kept but not searched."""
    searched = memory.status is Status.ACTIVE and memory.kind is not Kind.PROCEDURAL and not memory.echo
    index: Literal[False] | None = None if searched else False
    return PutOp(memory_namespace(user_id, memory.kind), memory.id, memory.to_value(), index=index)


def put_marked(store: BaseStore, user_id: str, marks: Marked) -> list[PutOp]:
    """The writes of what is marked, each on the version that was read."""
    episodes = (upon(store, put(user_id, each.memory), each.version) for each in marks.episodes.values())
    return [*marks.gone, *episodes]

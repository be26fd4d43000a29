"""How a user wants things done, in every conversation: proposed from their own words, in force once approved. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from memory.lifecycle.language.pasted import is_own
from memory.lifecycle.learning.build import kept
from memory.lifecycle.learning.reconcile import said_again
from memory.lifecycle.reading.versions import MAX_ACTIVE, approved, is_full
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.lifecycle.turns.extraction import MAX_PROCEDURES, Extraction, Procedure
from memory.schema import Kind, Memory, Provenance, Source, Status, Validity, fingerprint, memory_id

Mode = Literal["ask", "auto", "off"]
"""What becomes of a proposal: a person is asked, it is in force at once, or there is none."""

MAX_INSTRUCTION_CHARS: Final = 300
MAX_SHOWN_CHARS: Final = 3_000
MAX_RELATED: Final = 8
"""The newest, which an extractor reads: its prompt does not grow with what is kept."""
LONG_CHARS: Final = 1_500
"""A longer message may hold text that was pasted without any sign of it."""
WAITS: Final = "It waits for your approval."
MAY_BE_PASTED: Final = "It waits for your approval: it stands in a long message, which may hold pasted text."


def proposals(evidence: Evidence, extraction: Extraction, now: datetime) -> list[Memory]:
    """The lasting wishes that a user's own words bear out, proposed; at most `MAX_PROCEDURES`.

    What a tool, the assistant, a quotation or a pasted text says is no wish of the user's.
    """
    if evidence.private:
        return []
    made: dict[str, Memory] = {}
    spoken = evidence.from_user()
    for procedure in extraction.procedures:
        source = spoken.get(procedure.message_id)
        if source is None or not procedure.instruction.strip() or not is_own(source.text, procedure.quote):
            continue
        memory = _proposed(evidence, source, procedure, now)
        made.setdefault(memory.fingerprint, memory)
    return list(made.values())[:MAX_PROCEDURES]


def _proposed(evidence: Evidence, said: Said, procedure: Procedure, now: datetime) -> Memory:
    instruction = kept(procedure.instruction.strip(), MAX_INSTRUCTION_CHARS)
    return Memory(
        id=memory_id(Kind.PROCEDURAL, evidence.thread_id, [said.id], instruction),
        kind=Kind.PROCEDURAL,
        text=instruction,
        category="preference",
        status=Status.PROPOSED,
        reason=MAY_BE_PASTED if len(said.text) > LONG_CHARS else WAITS,
        fingerprint=fingerprint(instruction),
        turn=evidence.turn,
        instead_of=procedure.of,
        provenance=Provenance(
            thread_id=evidence.thread_id,
            message_ids=[said.id],
            run_id=evidence.run_id,
            source=Source.USER,
            speaker=said.speaker,
            quote=kept(procedure.quote, 500),
            said_at=said.at,
            recorded_at=now,
        ),
        validity=Validity(valid_from=said.at),
    )


@dataclass(frozen=True)
class Settled:
    """What a turn's proposals come to: what it taught, and what else is to be written with it."""

    taught: list[Memory]
    others: list[Memory]

    def for_later(self) -> "Settled":
        """The same behind a turn that is over: who proposed it is to be asked in their next one."""
        return replace(self, taught=[_unasked(memory) for memory in self.taught])


def _unasked(memory: Memory) -> Memory:
    waits = memory.status is Status.PROPOSED
    return memory.model_copy(update={"unasked": True}) if waits else memory


@dataclass
class Wishes:
    """The active and the proposed procedures of a user while turns are remembered one after the other."""

    mode: Mode
    known: list[Memory]
    versions: dict[str, int | None] = field(default_factory=dict)
    """Of those that were read, by their ids."""

    def related(self) -> list[dict[str, str]]:
        """Those that a new one may take the place of, as an extractor reads them; none where there are to be none."""
        active = [memory for memory in self.known if memory.status is Status.ACTIVE and self.mode != "off"]
        active = sorted(active, key=lambda memory: memory.validity.valid_from)[-MAX_RELATED:]
        return [{"id": memory.id, "kind": memory.kind.value, "statement": memory.text} for memory in active]

    def settled(self, proposed: Sequence[Memory], now: datetime) -> Settled:
        """What these proposals come to; nothing where there are to be none."""
        return Settled([], []) if self.mode == "off" else settle(self.known, proposed, self.mode, now)

    def take(self, known: list[Memory], versions: dict[str, int | None]) -> None:
        """What another reading found takes the place of it all."""
        self.known, self.versions = known, versions

    def add(self, written: Sequence[Memory]) -> None:
        """What was written takes the place of what was known."""
        held = (Status.ACTIVE, Status.PROPOSED)
        known = {memory.id: memory for memory in [*self.known, *written]}
        self.versions = {name: each for name, each in self.versions.items() if name not in known}
        self.known = [memory for memory in known.values() if memory.status in held]


def settle(known: Sequence[Memory], proposed: Sequence[Memory], mode: Mode, now: datetime) -> Settled:
    """The proposals beside the active and the proposed ones that are known. A twin of one of these is that one.

    A twin that still waits is asked about again: the user has said it again.
    """
    here = {memory.id: memory for memory in known}
    taught: dict[str, Memory] = {}
    for memory in proposed:
        twin = next((each for each in here.values() if each.fingerprint == memory.fingerprint), None)
        stands = said_again(twin, memory.turn) if twin else _replacing_what_is_there(memory, here)
        here[stands.id] = stands
        if stands.status is Status.ACTIVE:
            continue
        if mode == "auto" and stands.reason == WAITS and not is_full(stands, list(here.values())):
            writes = approved(stands, list(here.values()), now)
            here.update({each.id: each for each in writes})
        taught[stands.id] = here[stands.id]
    before = {memory.id: memory for memory in known}
    others = [each for each in here.values() if each.id not in taught and each != before.get(each.id)]
    return Settled(list(taught.values()), others)


def _replacing_what_is_there(memory: Memory, here: dict[str, Memory]) -> Memory:
    """A model may name as replaced what is not there, or waits itself."""
    replaced = here.get(memory.instead_of)
    if replaced is not None and replaced.status is Status.ACTIVE:
        return memory
    return memory.model_copy(update={"instead_of": ""})


def in_force(active: Sequence[Memory]) -> list[Memory]:
    """Those that a prompt holds: the newest first, each once, at most `MAX_ACTIVE` and `MAX_SHOWN_CHARS` in all."""
    newest = sorted(active, key=lambda memory: (memory.validity.valid_from, memory.id), reverse=True)
    shown: dict[str, Memory] = {}
    left = MAX_SHOWN_CHARS
    for memory in newest:
        if memory.status is not Status.ACTIVE or memory.fingerprint in shown or len(memory.text) > left:
            continue
        shown[memory.fingerprint] = memory
        left -= len(memory.text)
    return list(shown.values())[:MAX_ACTIVE]


def as_state(shown: Sequence[Memory]) -> list[dict[str, Any]]:
    """The receipt in the graph's state: which procedures shaped a reply, and what each rests on."""
    return [
        {
            "id": memory.id,
            "text": memory.text,
            "quote": memory.provenance.quote,
            "said_at": memory.provenance.said_at.isoformat(),
            "since": memory.validity.valid_from.isoformat(),
        }
        for memory in shown
    ]

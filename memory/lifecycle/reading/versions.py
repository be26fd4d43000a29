"""The versions of a procedure, and what each decision writes. Pure: memories and a clock in, memories to write out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from config.errors import UserError
from memory.schema import Kind, Memory, Status, fingerprint, memory_id

MAX_ACTIVE: Final = 20
"""The most procedures that are in force at once."""

FULL = (
    f"{MAX_ACTIVE} procedures are in force, which is the most: reject one of them, "
    "then approve this one (`mnemograph procedures list`)."
)
NOTHING_EARLIER = "There is no earlier version of this procedure to go back to."


def is_full(memory: Memory, known: Sequence[Memory]) -> bool:
    """Whether approving it would be one too many; one that takes another's place never is."""
    active = [each for each in known if each.status is Status.ACTIVE]
    return len(active) >= MAX_ACTIVE and replaced_by(memory, known) is None


def replaced_by(memory: Memory, known: Sequence[Memory]) -> Memory | None:
    """The active procedure whose place a proposal takes: the one it names, or what has replaced that since."""
    by_id = {each.id: each for each in known}
    found = by_id.get(memory.instead_of)
    for _ in known:
        if found is None or found.status is Status.ACTIVE:
            break
        found = by_id.get(found.validity.superseded_by or "")
    return found if found is not None and found.status is Status.ACTIVE and found.id != memory.id else None


def approved(memory: Memory, known: Sequence[Memory], now: datetime) -> list[Memory]:
    """A proposal in force, and what it takes the place of as history; nothing where it is in force already.

    Raises UserError where it is no proposal, or too many are in force.
    """
    if memory.status is Status.ACTIVE:
        return []
    if memory.status not in (Status.PROPOSED, Status.QUARANTINED):
        raise UserError(f"This procedure is {_standing(memory)}: only a proposed one can be approved.")
    if is_full(memory, known):
        raise UserError(FULL)
    return _in_force(memory, replaced_by(memory, known), f"Approved on {_day(now)}.", now)


def rejected(memory: Memory, now: datetime, why: str = "") -> list[Memory]:
    """A proposal refused, or one that was in force ended. Raises UserError where it is neither."""
    if memory.status not in (Status.PROPOSED, Status.QUARANTINED, Status.ACTIVE):
        raise UserError(f"This procedure is {_standing(memory)} already.")
    did = "Taken out of force" if memory.status is Status.ACTIVE else "Rejected"
    reason = f"{did} on {_day(now)}{': ' + why if why else '.'}"
    validity = memory.validity.model_copy(update={"valid_to": now})
    update = {"status": Status.RETRACTED, "reason": reason, "validity": validity, "unasked": False}
    return [memory.model_copy(update=update)]


def edited(memory: Memory, text: str, known: Sequence[Memory], now: datetime) -> list[Memory]:
    """The same wish in other words, in force as a new version; the first is it. With the same words it is approved.

    Raises UserError where the procedure is neither proposed nor in force, or too many are.
    """
    if memory.status not in (Status.PROPOSED, Status.QUARANTINED, Status.ACTIVE):
        raise UserError(f"This procedure is {_standing(memory)}: edit the version that is in force.")
    if fingerprint(text) == memory.fingerprint:
        return approved(memory, known, now)
    if memory.status is not Status.ACTIVE and is_full(memory, known):
        raise UserError(FULL)
    came = memory.provenance
    version = memory.model_copy(
        update={
            # From the version before: the same edit again is the same memory, and none is ever its own ancestor.
            "id": memory_id(Kind.PROCEDURAL, came.thread_id, came.message_ids, f"{memory.id}\n{text}"),
            "text": text,
            "fingerprint": fingerprint(text),
            "provenance": came.model_copy(update={"recorded_at": now}),
        }
    )
    if memory.status is Status.ACTIVE:
        return _in_force(version, memory, f"Edited on {_day(now)}.", now)
    validity = memory.validity.model_copy(update={"valid_to": now, "superseded_by": version.id})
    reason = f"Approved in other words on {_day(now)}."
    refused = memory.model_copy(update={"status": Status.RETRACTED, "reason": reason, "validity": validity})
    return [
        *_in_force(version, replaced_by(memory, known), f"Edited and approved on {_day(now)}.", now),
        refused,
    ]


def rolled_back(memory: Memory, known: Sequence[Memory], now: datetime) -> list[Memory]:
    """The nearest earlier version in force again, which is the first; and the later one closed.

    Raises UserError where there is no earlier version that was in force, or too many are in force.
    """
    own = next(lineage for lineage in lineages(known) if any(each.id == memory.id for each in lineage))
    head = next((each for each in own if each.status is Status.ACTIVE), None)
    earlier = _earlier(head or memory, own)
    if earlier is None:
        raise UserError(NOTHING_EARLIER)
    if head is None and is_full(earlier, known):
        raise UserError(FULL)
    open_ended = earlier.validity.model_copy(update={"valid_to": None, "superseded_by": None})
    reason = f"In force again since {_day(now)}."
    restored = earlier.model_copy(
        update={"status": Status.ACTIVE, "reason": reason, "validity": open_ended, "instead_of": ""}
    )
    return (
        [restored]
        if head is None
        else [restored, _closed(head, earlier, f"Rolled back on {_day(now)}.", now)]
    )


def lineages(known: Sequence[Memory]) -> list[list[Memory]]:
    """Procedures with their versions, each oldest first; the procedure that changed last comes first."""
    by_id = {memory.id: memory for memory in known}
    group = {memory.id: memory.id for memory in known}

    def root(name: str) -> str:
        while group[name] != name:
            group[name] = name = group[group[name]]
        return name

    for memory in known:
        for other in (memory.supersedes, memory.validity.superseded_by, memory.instead_of):
            if other and other in by_id:
                group[root(other)] = root(memory.id)
    found: dict[str, list[Memory]] = {}
    for memory in sorted(known, key=_made):
        found.setdefault(root(memory.id), []).append(memory)
    return sorted(found.values(), key=lambda lineage: _made(lineage[-1]), reverse=True)


def _made(memory: Memory) -> tuple[datetime, str]:
    return memory.provenance.recorded_at, memory.id


def _earlier(memory: Memory, own: Sequence[Memory]) -> Memory | None:
    """Back along what each took the place of, to one that was in force and has not been undone."""
    by_id = {each.id: each for each in own}
    found = by_id.get(memory.supersedes or "")
    for _ in own:
        if found is None or (found.status is Status.SUPERSEDED and found.undone is None):
            return found
        found = by_id.get(found.supersedes or "")
    return None


def _in_force(memory: Memory, replaced: Memory | None, reason: str, now: datetime) -> list[Memory]:
    new = memory.model_copy(
        update={
            "status": Status.ACTIVE,
            "reason": reason,
            "instead_of": "",
            "unasked": False,
            # One that an import brought along keeps its earlier version.
            "supersedes": replaced.id if replaced else memory.supersedes,
            "validity": memory.validity.model_copy(
                update={"valid_from": now, "valid_to": None, "superseded_by": None}
            ),
        }
    )
    return [new, _closed(replaced, new, f"Replaced on {_day(now)}.", now)] if replaced else [new]


def _closed(memory: Memory, by: Memory, reason: str, now: datetime) -> Memory:
    validity = memory.validity.model_copy(update={"valid_to": now, "superseded_by": by.id})
    return memory.model_copy(update={"status": Status.SUPERSEDED, "reason": reason, "validity": validity})


def _standing(memory: Memory) -> str:
    return "undone with its turn" if memory.undone else memory.status.value


def _day(now: datetime) -> str:
    return f"{now:%-d %B %Y}"

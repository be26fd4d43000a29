"""Episodes that tell the same kind of thing again and again: cohesive groups, and the memory that sums one up. Pure."""

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from memory.lifecycle.language.statements import names, numbers
from memory.lifecycle.learning.build import MAX_STATEMENT_CHARS
from memory.schema import Kind, Memory, Provenance, Source, Status, Validity, fingerprint
from memory.text import shorten

COHESIVE: Final = 0.75
"""The cosine that every two of a group have at least."""
FEWEST: Final = 3
MOST: Final = 12
SUMMARY: Final = "summary"
"""The category of a memory that sums up others."""
BY_RULES: Final = "An extract by rules of the memories that it stands for."
_IDS: Final = uuid.UUID("6d6e656d-6f67-5261-8068-73756d6d6172")


def may_cluster(memory: Memory) -> bool:
    """What a user said, as it was said; nobody pinned it, no turn took it back, and all of it holds."""
    return (
        memory.kind is Kind.EPISODIC
        and memory.status is Status.ACTIVE
        and memory.provenance.source is Source.USER
        and memory.undone is None
        and not memory.pinned
        and not memory.withdrawn
    )


def cohesive(episodes: Sequence[Memory], near: Mapping[str, Mapping[str, float]]) -> list[list[Memory]]:
    """Groups of FEWEST to MOST by one speaker, every two of them COHESIVE; each episode in one group at most.

    `near` are cosines by both ids, the same both ways; a pair that is not there is far apart.
    """
    of_id = {each.id: each for each in episodes}
    order = sorted(of_id, key=lambda each: (-len(near.get(each, {})), each))
    groups: list[list[Memory]] = []
    taken: set[str] = set()
    for seed in order:
        if seed in taken:
            continue
        group = [seed]
        for other, cosine in sorted(near.get(seed, {}).items(), key=lambda each: (-each[1], each[0])):
            fits = other in of_id and other not in taken and other not in group and cosine >= COHESIVE
            alike = fits and _speaker(of_id[other]) == _speaker(of_id[seed])
            if alike and all(near.get(each, {}).get(other, 0.0) >= COHESIVE for each in group[1:]):
                group.append(other)
            if len(group) == MOST:
                break
        if len(group) >= FEWEST:
            groups.append(sorted((of_id[each] for each in group), key=lambda each: each.provenance.said_at))
            taken |= set(group)
    return groups


def _speaker(memory: Memory) -> str:
    return memory.provenance.speaker or ""


def extract(group: Sequence[Memory]) -> str:
    """What can be said without a model: who said it how often and when, and the longest of it word for word."""
    who = _speaker(group[0]) or "The user"
    dates = f"{group[0].provenance.said_at:%Y-%m-%d} to {group[-1].provenance.said_at:%Y-%m-%d}"
    longest = max(group, key=lambda each: (len(each.detail), each.id))
    return shorten(
        f"{who} said so {len(group)} times, {dates}: {longest.detail or longest.text}", MAX_STATEMENT_CHARS
    )


def summary_of(group: Sequence[Memory], text: str, by: str, now: datetime, reason: str) -> Memory:
    """The memory that stands for these: its evidence is all of theirs. `by` names the model, "" the rules.

    It is no turn's: when a turn of theirs is undone or forgotten, it goes, and they come back.
    """
    ids = sorted(each.id for each in group)
    first, last = group[0], group[-1]
    return Memory(
        id=str(uuid.uuid5(_IDS, "\n".join(ids))),
        kind=Kind.SEMANTIC,
        text=shorten(text, MAX_STATEMENT_CHARS),
        subject=_speaker(first),
        category=SUMMARY,
        importance=max(each.importance for each in group),
        reason=reason,
        stands_for=ids,
        fingerprint=fingerprint(text),
        turn=f"{SUMMARY}:{ids[0]}",
        provenance=Provenance(
            thread_id=last.provenance.thread_id,
            message_ids=[message for each in group for message in each.provenance.message_ids],
            source=Source.AGENT if by else Source.USER,
            speaker=first.provenance.speaker,
            agent=by or None,
            said_at=last.provenance.said_at,
            recorded_at=now,
        ),
        validity=Validity(valid_from=first.provenance.said_at),
    )


def borne_out(statement: str, group: Sequence[Memory]) -> bool:
    """Whether the episodes hold every name and number of a statement about them; how many they are is known."""
    texts = [
        f"{_speaker(each)} {each.provenance.said_at:%Y %B %d %-d}, {each.detail or each.text}"
        for each in group
    ]
    whole = " ".join(texts)
    words = {word.casefold() for word in re.findall(r"\w+", whole)}
    return names(statement) <= words and numbers(statement) <= {*numbers(whole), str(len(group))}

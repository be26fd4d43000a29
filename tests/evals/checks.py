"""What is expected against what is there: sentences that say what is not so. Pure."""

import re
from collections.abc import Sequence

from memory.schema import Memory
from tests.evals.case import Kept, Range, Text

SHOWN = 6


def holds(text: str, word: str) -> bool:
    """Whether a text has this word or phrase: whole, with `*` by its beginning, with `|` one of several."""
    return any(_pattern(each).search(text) is not None for each in word.split("|"))


def _pattern(word: str) -> re.Pattern[str]:
    plain = r"\s+".join(map(re.escape, word.rstrip("*").split()))
    return re.compile(rf"(?<!\w){plain}" + ("" if word.endswith("*") else r"(?!\w)"), re.IGNORECASE)


def number_is_off(number: int, wanted: Range) -> str:
    """What was wanted instead, or nothing."""
    if wanted.count is not None and number != wanted.count:
        return f"exactly {wanted.count}"
    if wanted.at_least is not None and number < wanted.at_least:
        return f"at least {wanted.at_least}"
    if wanted.at_most is not None and number > wanted.at_most:
        return f"at most {wanted.at_most}"
    return ""


def text_faults(what: str, text: str, wanted: Text, size: int | None = None) -> list[str]:
    """What is wrong with a text; its size counts in characters unless another is given."""
    shown = " ".join(text.split())[-600:]
    faults = [f"{what} lacks {word!r}: {shown!r}" for word in wanted.has if not holds(text, word)]
    faults += [f"{what} has {word!r}: {shown!r}" for word in wanted.lacks if holds(text, word)]
    number = len(text) if size is None else size
    if off := number_is_off(number, wanted):
        faults.append(f"{what} has the size {number}, wanted {off}")
    return faults


def kept_faults(memories: Sequence[Memory], wanted: Kept) -> list[str]:
    """What is wrong with the memories of a user, of all kinds and statuses."""
    found = [memory for memory in memories if _fits(memory, wanted)]
    exact = wanted if wanted.model_fields_set & Range.model_fields.keys() else Range(at_least=1)
    off = number_is_off(len(found), exact)
    if not off:
        return []
    told = wanted.model_dump(exclude_defaults=True, exclude=set(Range.model_fields))
    there = [f"{each.status.value} {each.kind.value} {each.text[:90]!r}" for each in memories]
    shown = "; ".join(sorted(there, key=lambda line: "episodic" in line)[:SHOWN])
    return [f"{len(found)} memories with {told}, wanted {off}; there are: {shown or 'none'}"]


def _fits(memory: Memory, wanted: Kept) -> bool:
    if wanted.status not in ("any", memory.status.value) or wanted.kind not in ("any", memory.kind.value):
        return False
    if wanted.source and memory.provenance.source.value != wanted.source:
        return False
    if not memory.validity.valid_from.isoformat().startswith(wanted.valid_from):
        return False
    if wanted.ended is not None and (memory.validity.valid_to is not None) != wanted.ended:
        return False
    if wanted.reason is not None and bool(memory.reason) != wanted.reason:
        return False
    return all(holds(memory.text, word) for word in wanted.words) and not any(
        holds(memory.text, word) for word in wanted.without
    )

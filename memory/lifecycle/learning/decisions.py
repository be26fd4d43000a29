"""What became of each candidate of a turn, and why: for a person's look. One item a turn, which no search finds."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self

from langgraph.store.base import BaseStore, Item, PutOp
from pydantic import BaseModel, ConfigDict, ValidationError

from config.redaction import mask_secrets
from memory.lifecycle.learning.admission import Judged
from memory.lifecycle.learning.reconcile import Ruling
from memory.lifecycle.turns.evidence import Evidence
from memory.namespaces import Namespace, owner_namespace
from memory.schema import Memory, Source
from memory.text import clean, clean_tree, shorten

LABEL: Final = "decisions"
MAX_DECISIONS: Final = 40
MAX_CHARS: Final = 300
_IDS: Final = uuid.UUID("6d6e656d-6f67-5261-8068-646563697364")


class Decision(BaseModel):
    """`what` was done.

    Refuse, quarantine or mask; of what was admitted new, same, refines, outdates, corrects, older or weaker; forget.

    `memory` is the id of what came of it, `of` that of the memory that it concerns.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    reason: str
    statement: str = ""
    quote: str = ""
    source: Source = Source.USER
    memory: str = ""
    of: str = ""


class TurnDecisions(BaseModel):
    """The decisions of one turn; `left_out` are those beyond the bound."""

    model_config = ConfigDict(frozen=True)

    turn: str
    thread_id: str
    at: datetime
    run_id: str | None = None
    decisions: list[Decision]
    left_out: int = 0

    @classmethod
    def of(cls, evidence: Evidence, decisions: Sequence[Decision], now: datetime) -> Self:
        return cls(
            turn=evidence.turn,
            thread_id=evidence.thread_id,
            at=now,
            run_id=evidence.run_id,
            decisions=list(decisions[:MAX_DECISIONS]),
            left_out=max(0, len(decisions) - MAX_DECISIONS),
        )


def decided(
    evidence: Evidence, found: Sequence[Judged], held: Sequence[Memory], rulings: Sequence[Ruling]
) -> list[Decision]:
    """Every decision of a turn: its tools', what was not admitted, what waits for a look, what became of the rest."""
    by_tools = [each for given in evidence.decided for each in _of_tool(given, private=evidence.private)]
    refused = [_of_candidate(each) for each in found if each.verdict == "refuse"]
    waiting = [of_memory("quarantine", each.reason, each) for each in held]
    masked = [_of_candidate(each) for each in found if each.verdict == "mask"]
    return [*by_tools, *waiting, *refused, *masked, *map(of_ruling, rulings)]


def _of_candidate(each: Judged) -> Decision:
    return Decision(
        what=each.verdict,
        reason=each.reason,
        statement=_bounded(each.fact.statement),
        quote=_bounded(each.fact.quote),
        source=each.source,
    )


def of_ruling(ruling: Ruling) -> Decision:
    """What became of what was admitted."""
    made = of_memory(ruling.relation, ruling.reason, ruling.memory)
    return made.model_copy(update={"of": ruling.of.id if ruling.of else ""})


def _of_tool(given: Mapping[str, Any], *, private: bool) -> list[Decision]:
    """As a result carried it; where something was forgotten, without any words."""
    try:
        found = Decision.model_validate(given)
    except ValidationError:
        return []
    words = {"statement": "", "quote": ""} if private else {}
    told = ("statement", "quote", "reason", "memory", "of")
    words |= {name: _bounded(getattr(found, name)) for name in told if name not in words}
    return [found.model_copy(update=words)]


def of_memory(what: str, reason: str, memory: Memory) -> Decision:
    """What was done with a memory."""
    return Decision(
        what=what,
        reason=reason,
        statement=_bounded(memory.text),
        quote=_bounded(memory.provenance.quote),
        source=memory.provenance.source,
        memory=memory.id,
    )


def put_decisions(user_id: str, decisions: TurnDecisions) -> PutOp:
    return PutOp(
        _namespace(user_id),
        decisions_id(decisions.turn),
        clean_tree(decisions.model_dump(mode="json")),
        index=False,
    )


def empty_decisions(user_id: str, turn: str) -> PutOp:
    """The write that forgets what was decided in a turn."""
    return PutOp(_namespace(user_id), decisions_id(turn), None)


async def decisions_of(store: BaseStore, user_id: str, *, limit: int = 100) -> list[TurnDecisions]:
    """The newest turns' decisions first; another program's values are left out."""
    items = await store.asearch(_namespace(user_id), limit=limit, refresh_ttl=False)
    return sorted((each for item in items for each in _read(item)), key=lambda each: each.at, reverse=True)


async def decisions_in(store: BaseStore, user_id: str, turn: str) -> list[TurnDecisions]:
    """Those of this one turn, which `evidence.turn_name` names; none where nothing was decided."""
    item = await store.aget(_namespace(user_id), decisions_id(turn), refresh_ttl=False)
    return _read(item) if item else []


def _read(item: Item) -> list[TurnDecisions]:
    try:
        return [TurnDecisions.model_validate(item.value)]
    except ValidationError:
        return []


def decisions_id(turn: str) -> str:
    """The key of a turn's decisions: bounded, whatever a client chose as the message's id."""
    return str(uuid.uuid5(_IDS, clean(turn)))


def _namespace(user_id: str) -> Namespace:
    return (*owner_namespace(user_id), LABEL)


def _bounded(text: str) -> str:
    return shorten(mask_secrets(clean(text[: 4 * MAX_CHARS])), MAX_CHARS)

"""From evidence to memories. Pure: the same evidence gives the same keys, however often it runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from config.redaction import mask_secrets
from memory.lifecycle.language.beginnings import named_beginning, named_end
from memory.lifecycle.language.statements import read
from memory.lifecycle.learning.admission import Judged
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.lifecycle.turns.extraction import Fact
from memory.lifecycle.turns.orders import Planted, planted, without
from memory.long_term.language.sentences import last_question
from memory.schema import Kind, Memory, Provenance, Source, Status, Validity, fingerprint, memory_id
from memory.text import clean, headline, shorten

MAX_EPISODE_CHARS = 1_000
MAX_DETAIL_CHARS = 8_000
MAX_STATEMENT_CHARS = 500
MAX_ASKED_CHARS = 200
FORGOTTEN = "The user asked for something to be forgotten."
NOT_FOUND = "The user asked for something to be forgotten that was not there."
PLANTED = "It is an instruction in what others wrote: nobody follows it until a person has looked."


def episode_id(evidence: Evidence) -> str:
    """The key of a turn's episode; where it stands in the store, the turn has been remembered."""
    return memory_id(Kind.EPISODIC, evidence.thread_id, [evidence.opening.id], "episode")


def episodes(evidence: Evidence, summary: str, now: datetime) -> list[Memory]:
    """What was said in the turn, message by message and verbatim: first the user's, which bears the summary.

    What tools returned is no memory of its own: the reply that used it is. Orders that others wrote are left out, as
    they are kept for a look.
    """
    if evidence.private:
        return [_episode(evidence, evidence.opening, now)]
    orders = planted(evidence)
    said = [
        replace(message, text=without(message.text, _in(message, orders)))
        for message in evidence.said
        if message.role != "tool"
    ]
    asked = [last_question(text) for text in (evidence.before, *(message.text for message in said))]
    made = [
        _episode(evidence, message, now, asked=question)
        for message, question in zip(said, asked, strict=False)
    ]
    made[0] = made[0].model_copy(update={"asked_in": evidence.before_in if made[0].asked else ""})
    return [made[0].model_copy(update={"summary": kept(without(summary, orders), 500)}), *made[1:]]


def _in(said: Said, orders: Sequence[Planted]) -> list[Planted]:
    """Those to leave out: what the agent says may repeat any, but what a user says themselves is theirs."""
    return [order for order in orders if said.role != "user" or order.said.id == said.id]


def _episode(evidence: Evidence, said: Said, now: datetime, asked: str = "") -> Memory:
    private = evidence.private
    left = NOT_FOUND if evidence.in_vain else FORGOTTEN
    detail = "" if private else said.text
    return Memory(
        id=memory_id(Kind.EPISODIC, evidence.thread_id, [said.id], "episode"),
        kind=Kind.EPISODIC,
        text=kept(left if private else _headline(said), MAX_EPISODE_CHARS),
        detail=kept(detail, MAX_DETAIL_CHARS),
        asked=kept(asked[-MAX_ASKED_CHARS:], MAX_ASKED_CHARS),
        asked_in=evidence.turn if asked else "",
        category="event",
        importance=0.3,
        status=Status.RETRACTED if private else Status.ACTIVE,
        fingerprint=fingerprint(detail),
        turn=evidence.turn,
        used=[] if said.role == "user" else list(evidence.used),
        echo=said.echo,
        provenance=_provenance(evidence, said, now),
        validity=Validity(valid_from=said.at),
    )


def candidates(
    evidence: Evidence, found: Sequence[Judged], now: datetime, limit: int
) -> list[tuple[Memory, Judged]]:
    """The admitted facts as memories, at most `limit`, without what a tool saved in the turn; each statement once."""
    built: dict[str, tuple[Memory, Judged]] = {}
    known = {fingerprint(_statement(statement)) for statement in evidence.already_saved}
    for each in found:
        if each.said is not None and each.verdict in ("admit", "mask"):
            memory = _of(evidence, each.said, each.fact, now)
            if memory.fingerprint not in known:
                built.setdefault(memory.fingerprint, (memory, each))
    return list(built.values())[:limit]


def quarantined(evidence: Evidence, found: Sequence[Judged], now: datetime) -> list[Memory]:
    """What waits for a person's look: candidates, and the orders that stand in what others wrote."""
    waiting = [
        held(_of(evidence, each.said, each.fact, now, each.source), each.reason)
        for each in found
        if each.said is not None and each.verdict == "quarantine"
    ]
    for order in planted(evidence):
        fact = Fact.model_construct(
            statement=order.text, category="other", importance=0.0, quote=order.text, message_id=order.said.id
        )
        waiting.append(held(_of(evidence, order.said, fact, now, order.source), PLANTED))
    return list({memory.fingerprint: memory for memory in reversed(waiting)}.values())


def held(memory: Memory, reason: str) -> Memory:
    """The memory as one that waits for a person's look, and why."""
    return memory.model_copy(update={"status": Status.QUARANTINED, "reason": reason})


def _of(evidence: Evidence, said: Said, fact: Fact, now: datetime, source: Source = Source.USER) -> Memory:
    return semantic(
        evidence.thread_id,
        said,
        fact,
        run_id=evidence.run_id,
        turn=evidence.turn,
        now=now,
        source=source,
    )


def semantic(
    thread_id: str,
    said: Said,
    fact: Fact,
    *,
    run_id: str | None,
    turn: str,
    now: datetime,
    source: Source = Source.USER,
    supersedes: str | None = None,
) -> Memory:
    """One fact as a memory, keyed by its message and its statement."""
    statement = _statement(fact.statement)
    return Memory(
        id=memory_id(Kind.SEMANTIC, thread_id, [said.id], statement),
        kind=Kind.SEMANTIC,
        text=statement,
        subject=kept(fact.subject.strip(), 200) or read(statement).subject,
        category=fact.category,
        importance=fact.importance,
        fingerprint=fingerprint(statement),
        turn=turn,
        supersedes=supersedes,
        provenance=Provenance(
            thread_id=thread_id,
            message_ids=[said.id],
            run_id=run_id,
            source=source,
            speaker=said.speaker,
            quote=kept(fact.quote, 500),
            said_at=said.at,
            recorded_at=now,
        ),
        validity=_validity(statement, fact, said.at),
    )


def _validity(statement: str, fact: Fact, said_at: datetime) -> Validity:
    """Of what is told as over, until when it held: it began by then, at the latest."""
    began, ended = _began(statement, fact, said_at), named_end(statement, said_at)
    return Validity(valid_from=min(began, ended) if ended else began, valid_to=ended)


def _began(statement: str, fact: Fact, said_at: datetime) -> datetime:
    """When it began to hold: as its extractor says, else as its own words do, else when it was said."""
    since = _since(fact.since, said_at)
    named = named_beginning(statement, fact.quote, said_at) if since == said_at else None
    return named.start if named else since


def _since(given: str, said_at: datetime) -> datetime:
    """When it began to hold: as the fact says, where that is a date that was not ahead."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        return said_at
    found = found if found.tzinfo else found.replace(tzinfo=said_at.tzinfo)
    return min(found, said_at)


def _provenance(evidence: Evidence, said: Said, now: datetime) -> Provenance:
    return Provenance(
        thread_id=evidence.thread_id,
        message_ids=[said.id],
        run_id=evidence.run_id,
        source=Source.USER if said.role == "user" else Source.AGENT,
        speaker=said.speaker,
        quote="",
        said_at=said.at,
        recorded_at=now,
    )


def _headline(said: Said) -> str:
    source = {"user": "user", "assistant": "agent", "tool": "tool"}[said.role]
    return f"{headline(said.at, source, said.speaker)}{said.text}"


def _statement(text: str) -> str:
    return kept(text.strip(), MAX_STATEMENT_CHARS)


def kept(text: str, limit: int) -> str:
    """Text as a memory may hold it: clean, bounded, and without passwords, keys or card numbers."""
    # Masking takes time by the character, and what is far beyond the limit is cut anyway.
    masked = mask_secrets(clean(text[: 4 * limit]))
    return masked if len(masked) <= limit else shorten(masked, limit)

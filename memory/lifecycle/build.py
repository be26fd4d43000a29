"""From evidence to memories. Pure: the same evidence gives the same keys, however often it runs."""

from datetime import datetime

from config.redaction import mask_secrets
from memory.lifecycle.evidence import Evidence, Said
from memory.lifecycle.extraction import Extraction, Fact
from memory.long_term.sentences import last_question
from memory.schema import Kind, Memory, Provenance, Source, Status, Validity, fingerprint, memory_id
from memory.text import clean, headline, shorten

MAX_EPISODE_CHARS = 1_000
MAX_DETAIL_CHARS = 8_000
MAX_STATEMENT_CHARS = 500
MAX_ASKED_CHARS = 200
FORGOTTEN = "The user asked for something to be forgotten."


def episode_id(evidence: Evidence) -> str:
    """The key of a turn's episode; where it stands in the store, the turn has been remembered."""
    return memory_id(Kind.EPISODIC, evidence.thread_id, [evidence.opening.id], "episode")


def episodes(evidence: Evidence, summary: str, now: datetime) -> list[Memory]:
    """What was said in the turn, message by message and verbatim: first the user's, which bears the summary.

    What tools returned is no memory of its own: the reply that used it is.
    """
    if evidence.private:
        return [_episode(evidence, evidence.opening, now)]
    said = [message for message in evidence.said if message.role != "tool"]
    asked = [last_question(text) for text in (evidence.before, *(message.text for message in said))]
    made = [
        _episode(evidence, message, now, asked=question)
        for message, question in zip(said, asked, strict=False)
    ]
    made[0] = made[0].model_copy(update={"asked_in": evidence.before_in if made[0].asked else ""})
    return [made[0].model_copy(update={"summary": _kept(summary, 500)}), *made[1:]]


def _episode(evidence: Evidence, said: Said, now: datetime, asked: str = "") -> Memory:
    private = evidence.private
    detail = "" if private else said.text
    return Memory(
        id=memory_id(Kind.EPISODIC, evidence.thread_id, [said.id], "episode"),
        kind=Kind.EPISODIC,
        text=_kept(FORGOTTEN if private else _headline(said), MAX_EPISODE_CHARS),
        detail=_kept(detail, MAX_DETAIL_CHARS),
        asked=_kept(asked[-MAX_ASKED_CHARS:], MAX_ASKED_CHARS),
        asked_in=evidence.turn if asked else "",
        category="event",
        importance=0.3,
        status=Status.RETRACTED if private else Status.ACTIVE,
        fingerprint=fingerprint(detail),
        turn=evidence.turn,
        used=[] if said.role == "user" else list(evidence.used),
        provenance=_provenance(evidence, said, now),
        validity=Validity(valid_from=said.at),
    )


def facts(evidence: Evidence, extraction: Extraction, now: datetime, limit: int) -> list[Memory]:
    """The extracted facts that their evidence bears out; the rest were made up, said by others, or known."""
    if evidence.private:
        return []
    built: dict[str, Memory] = {}
    known = {fingerprint(_statement(statement)) for statement in evidence.already_saved}
    spoken = evidence.from_user()
    for fact in extraction.facts:
        source = spoken.get(fact.message_id)
        if source is None or not fact.statement.strip() or not _is_verbatim(fact.quote, source.text):
            continue
        memory = semantic(
            evidence.thread_id,
            source,
            fact,
            run_id=evidence.run_id,
            turn=evidence.turn,
            now=now,
        )
        if memory.fingerprint not in known:
            built.setdefault(memory.fingerprint, memory)
    return list(built.values())[:limit]


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
            quote=_kept(fact.quote, 500),
            said_at=said.at,
            recorded_at=now,
        ),
        validity=Validity(valid_from=said.at),
    )


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
    return _kept(text.strip(), MAX_STATEMENT_CHARS)


def _kept(text: str, limit: int) -> str:
    """Text as a memory may hold it: clean, bounded, and without passwords, keys or card numbers."""
    # Masking takes time by the character, and what is far beyond the limit is cut anyway.
    masked = mask_secrets(clean(text[: 4 * limit]))
    return masked if len(masked) <= limit else shorten(masked, limit)


def _is_verbatim(quote: str, text: str) -> bool:
    return bool(quote.strip()) and " ".join(quote.casefold().split()) in " ".join(text.casefold().split())

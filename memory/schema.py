"""What a memory is: its content, where it came from, and when it holds."""

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from memory.text import clean_tree, without_headline

MAX_WORDS: Final = 10_000
"""Characters of any text of a memory: more than we ever write, so that what others put there costs no more to read."""


def _bounded(text: str) -> str:
    if len(text) > MAX_WORDS:
        raise ValueError(f"a text of a memory has at most {MAX_WORDS:,} characters")
    return text


# Pydantic's own limit refuses half a character, too, which is mended as a memory is written.
Words = Annotated[str, AfterValidator(_bounded)]


class Kind(StrEnum):
    """What sort of memory: a fact, something that happened, or how someone wants things done."""

    SEMANTIC = "semantic"
    EPISODIC = "episodic"
    PROCEDURAL = "procedural"


class Source(StrEnum):
    """Who a memory rests on."""

    USER = "user"
    AGENT = "agent"
    TOOL = "tool"
    DOCUMENT = "document"


class Status(StrEnum):
    """Active memories alone are recalled. A superseded one was true once, a retracted one never was.

    A quarantined one waits for a person's look, a proposed one (a procedure) for approval. For a merged one another
    stands, which names it in `stands_for`.
    """

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"
    QUARANTINED = "quarantined"
    PROPOSED = "proposed"
    MERGED = "merged"


class Views(StrEnum):
    """How much of a memory is embedded: each sentence and the whole, the whole alone, or nothing.

    Its words, its speaker and its time find it all the same.
    """

    ALL = "all"
    WHOLE = "whole"
    NONE = "none"


class Provenance(BaseModel):
    """The evidence: which messages of which thread, in which run, said when and by whom.

    `agent` names the agent that learned it, where several share what they know.
    """

    model_config = ConfigDict(frozen=True)

    thread_id: str
    message_ids: list[str]
    run_id: str | None = None
    source: Source
    speaker: str | None = None
    agent: str | None = None
    quote: Words = ""
    said_at: datetime
    recorded_at: datetime


class Validity(BaseModel):
    """When a fact holds, and what took its place."""

    model_config = ConfigDict(frozen=True)

    valid_from: datetime
    valid_to: datetime | None = None
    superseded_by: str | None = None


class Replaced(BaseModel):
    """What a memory was while another had its place."""

    model_config = ConfigDict(frozen=True)

    id: str
    status: Status = Status.SUPERSEDED
    valid_to: datetime | None = None
    reason: str = ""


class TakenBack(BaseModel):
    """What a memory was before its turn was undone, so that redoing the turn restores it.

    `replaced` are the memories whose place it had. `closed_at` is when the one that it supersedes had ceased to hold;
    memories that were taken back before there was `replaced` have it alone.
    """

    model_config = ConfigDict(frozen=True)

    status: Status
    closed_at: datetime | None = None
    replaced: list[Replaced] = Field(default_factory=list)


class Withdrawn(BaseModel):
    """Words of an episode that no longer hold, as what the memory `of` said does not: since `until`, None for never."""

    model_config = ConfigDict(frozen=True)

    of: str
    words: Words
    until: datetime | None = None


class Look(BaseModel):
    """What a person who looked at a memory did with it, when, and what they said of it."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    did: Literal["retracted", "restored", "approved", "rejected"]
    reason: str = ""


MAX_LOOKS = 20
_ALWAYS: Final = {"status": "active", "category": "other", "importance": 0.5, "pinned": False}
_FOLLOWING = frozenset({"detail", "fingerprint", "validity"})
_THINNED = (Views.WHOLE.value, Views.NONE.value)


class Memory(BaseModel):
    """One memory as it is kept. `text` is what is searched and shown; `detail` is the verbatim rest.

    `turn` names the exchange that it came from ("<thread>:<human message>"): a turn's memories are found by it.
    `also` names the later turns in which the same was said again. `asked` is the question just before it, in the turn
    `asked_in`: it makes sense of "yes, two". `used` are the memories that the agent had before it when it said this:
    what is forgotten is forgotten there, too. An `echo` says nothing but what those say: it is kept,
    and not searched. `instead_of` is the procedure whose place a proposed one is to take. `unasked`: it was
    proposed behind its turn, and nobody was asked about it yet.
    `subject` is whom or what a fact is about. `reason` says in a sentence why it has its status. A pinned one never
    fades and is never pruned. `stands_for` are the merged memories that it speaks for.
    `views` says how much of it is embedded. `withdrawn` are the words of an episode whose facts do not hold any more.
    `looks` are what persons did with it, the earliest first, at most MAX_LOOKS of the latest.
    `undone`: its turn was taken back. `undone_also` names such turns among those that had said it, too.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    text: Words
    detail: Words = ""
    summary: Words = ""
    asked: Words = ""
    asked_in: str = ""
    subject: str = ""
    category: str = "other"
    importance: float = Field(default=0.5, ge=0, le=1)
    status: Status = Status.ACTIVE
    reason: str = ""
    pinned: bool = False
    stands_for: list[str] = Field(default_factory=list)
    views: Views = Views.ALL
    withdrawn: list[Withdrawn] = Field(default_factory=list)
    fingerprint: str
    turn: str
    also: list[str] = Field(default_factory=list)
    used: list[str] = Field(default_factory=list)
    echo: bool = False
    looks: list[Look] = Field(default_factory=list)
    undone: TakenBack | None = None
    undone_also: list[str] = Field(default_factory=list)
    supersedes: str | None = None
    instead_of: str = ""
    unasked: bool = False
    provenance: Provenance
    validity: Validity

    @property
    def emptied(self) -> bool:
        """Whether forgetting left none of its words: the mark that its turn was remembered."""
        return self.kind is Kind.EPISODIC and self.status is Status.RETRACTED and not self.detail

    def looked_at(self, look: Look) -> list[Look]:
        """Its looks with one more."""
        return [*self.looks, look][-MAX_LOOKS:]

    def to_value(self) -> dict[str, Any]:
        """The store's JSON value: without what is empty or as usual, nor anything that Postgres cannot hold.

        What others filter by is there all the same.
        """
        told: dict[str, Any] = clean_tree(self.model_dump(mode="json", exclude_defaults=True))
        return _ALWAYS | (told if self.views is Views.ALL else _thinned(told))

    @classmethod
    def from_value(cls, value: dict[str, Any]) -> Self:
        """Raises pydantic.ValidationError when another program wrote something else there."""
        return cls.model_validate(_filled(value) if value.get("views") in _THINNED else value)


def _thinned(told: dict[str, Any]) -> dict[str, Any]:
    """Of a memory that is thinned out, without what follows from the rest (`_filled` reads it back)."""
    rest = {name: told[name] for name in told if name not in _FOLLOWING}
    follows = _filled(rest)
    return {
        name: given for name, given in told.items() if name not in _FOLLOWING or follows.get(name) != given
    }


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    """A thinned value with what follows from the rest of it: an episode's words are its text after a headline."""
    try:
        came = value["provenance"]
        at = datetime.fromisoformat(came["said_at"])
        said = without_headline(value["text"], at, came["source"], came.get("speaker")) or ""
    except (AttributeError, KeyError, TypeError, ValueError):
        return value  # no value of ours
    follows = {
        "detail": said,
        "fingerprint": fingerprint(said),
        "validity": {"valid_from": came["said_at"]},
    }
    return follows | value


def memory_id(kind: Kind, thread_id: str, message_ids: Sequence[str], content: str) -> str:
    """The key that evidence gives a memory: the same evidence gives the same key, whoever writes it and when."""
    evidence = json.dumps([kind.value, thread_id, sorted(message_ids), content], ensure_ascii=True)
    return str(uuid.UUID(bytes=hashlib.sha256(evidence.encode()).digest()[:16]))


def fingerprint(text: str) -> str:
    """Equal for statements that differ only in case, spacing and closing punctuation."""
    plain = re.sub(r"\s+", " ", text).rstrip(" .!").strip().casefold()
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:32]

"""What of a value is searched: its views, its words, who said it, when and where in a conversation."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final

from langgraph.store.base import IndexConfig, PutOp, get_text_at_path, tokenize_path

from memory.long_term.language.lexemes import lexemes
from memory.long_term.language.sentences import stated, views
from memory.long_term.language.times import has_time_word, spans_in
from memory.text import without_headline

MAX_TEXTS: Final = 200
MAX_VIEW_CHARS: Final = 8_000


class Lane(IntEnum):
    """How a view is worded: someone's own words in the first person, or a statement about someone."""

    STATED = 0
    SAID = 1


class Origin(IntEnum):
    """Who a memory rests on, as its provenance names it."""

    UNKNOWN = 0
    USER = 1
    AGENT = 2
    TOOL = 3
    DOCUMENT = 4


@dataclass(frozen=True)
class Document:
    """An indexed value. `views` are embedded one by one; `words` are the lexemes of the keyword lane."""

    views: Sequence[str]
    words: Sequence[str]
    lane: Lane = Lane.STATED
    origin: Origin = Origin.UNKNOWN
    speaker: str | None = None
    said_at: datetime | None = None
    about: tuple[datetime, datetime] | None = None
    thread: int | None = None
    stated: float = 1.0
    timed: bool = False


class Described(dict[str, Any]):
    """A value that brings its document, from a wrapper that lets the store see neither text nor words of it."""

    def __init__(self, value: Mapping[str, Any], document: Document | None) -> None:
        super().__init__(value)
        self.document = document


def fields_of(index: IndexConfig | None) -> list[str]:
    """The fields of a value that are searched where a put names none."""
    fields: Any = (index or {}).get("fields") or ["$"]
    return [fields] if isinstance(fields, str) else list(fields)


def document_of(op: PutOp, fields: Sequence[str]) -> Document | None:
    """What a put is found by; None when it is not to be found."""
    if op.value is None or op.index is False:
        return None
    if isinstance(op.value, Described):
        return op.value.document
    if op.index is None and (found := _of_memory(op.value)) is not None:
        return found
    return _of_texts(_texts(op.value, fields if op.index is None else op.index))


def _texts(value: Mapping[str, Any], paths: Iterable[str]) -> list[str]:
    # "$" is the whole value among the store's own fields, and a field's name in a put, as in the stock store.
    found = [
        text
        for path in paths
        for text in get_text_at_path(value, tokenize_path(path) if path != "$" else path)
    ]
    return found[:MAX_TEXTS]


def _of_texts(texts: Sequence[str]) -> Document | None:
    if not texts:
        return None
    joined = "\n".join(texts)
    return Document(
        views=[text[:MAX_VIEW_CHARS] for text in texts],
        words=lexemes(joined[: 4 * MAX_VIEW_CHARS]),
        stated=stated(joined[:MAX_VIEW_CHARS]),
        timed=has_time_word(joined[:MAX_VIEW_CHARS]),
    )


def _of_memory(value: Mapping[str, Any]) -> Document | None:
    """A memory of ours (memory.schema.Memory) is known by its shape."""
    kind, text, came = value.get("kind"), value.get("text"), value.get("provenance")
    if not (isinstance(kind, str) and isinstance(text, str) and isinstance(came, dict)):
        return None
    at = _time(came.get("said_at"))
    if at is None:
        return None
    speaker = came.get("speaker")
    speaker = speaker if isinstance(speaker, str) and speaker else None
    verbatim = kind == "episodic"
    source = str(came.get("source") or "")
    words = str(value.get("detail") or _told(text, at, source, speaker)) if verbatim else text
    spans = spans_in(words, at)
    return Document(
        views=_views(
            words[:MAX_VIEW_CHARS], str(value.get("asked") or "") if verbatim else "", value.get("views")
        ),
        words=lexemes(f"{at.day} {at:%B %Y} {speaker or ''} {words}"),
        lane=Lane.SAID if verbatim else Lane.STATED,
        origin=Origin[source.upper()] if source.upper() in Origin.__members__ else Origin.UNKNOWN,
        speaker=speaker,
        said_at=at,
        about=(spans[0].start, spans[0].end) if spans else None,
        thread=_number(str(came.get("thread_id"))) if verbatim else None,
        stated=stated(words),
        timed=has_time_word(words),
    )


def _told(text: str, at: datetime, source: str, speaker: str | None) -> str:
    """Of a memory without them, as one that is thinned out, its words: they stand in its text alone."""
    return without_headline(text, at, source, speaker) or text


def _views(words: str, asked: str, which: Any) -> list[str]:
    """What is embedded: all of it, or what memory.schema.Views says of an old memory."""
    if which == "none":
        return []
    found = views(words, asked)
    return found[-1:] if which == "whole" else found


def _time(given: Any) -> datetime | None:
    if not isinstance(given, str):
        return None
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(text: str) -> int:
    """Names a thread by 63 bits."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1

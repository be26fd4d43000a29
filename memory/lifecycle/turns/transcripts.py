"""Conversations from a file: JSON lines, or the conversations.json of a ChatGPT export. Pure but for the reading."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.errors import UserError
from memory.lifecycle.turns.evidence import Role
from memory.text import clean, shorten

ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "tool": "tool",
}
THREADS = uuid.UUID("6d6e656d-6f67-5261-8068-7468726561d5")
FIELDS = "thread, role, content and optionally name, timestamp, id"


@dataclass(frozen=True)
class Line:
    """One message of a transcript."""

    thread: str
    role: Role
    content: str
    at: datetime | None = None
    name: str | None = None
    id: str | None = None


def thread_id(name: str) -> str:
    """A transcript's thread as a UUID: itself when it is one, else always the same one for the name."""
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return str(uuid.uuid5(THREADS, clean(name)))


def read_transcript(path: Path) -> dict[str, list[Line]]:
    """Messages by thread, in order, each with an id. Raises UserError naming the line that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserError(f"{path} cannot be read: {reason}.") from None
    lines = _chatgpt(text, path) if text.lstrip().startswith("[") else _json_lines(text, path)
    return _by_thread(lines)


def users_own(threads: dict[str, list[Line]]) -> dict[str, list[Line]]:
    """The threads without the name of the one person who speaks in them, who is the user whose memory it becomes.

    Where several speak, or one is named only sometimes, the names stay: each is told of by theirs.
    """
    speakers = {line.name for lines in threads.values() for line in lines if line.role == "user"}
    if len(speakers) != 1:
        return threads
    return {
        thread: [replace(line, name=None) if line.role == "user" else line for line in lines]
        for thread, lines in threads.items()
    }


def _json_lines(text: str, path: Path) -> Iterator[Line]:
    for number, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw)
        except (ValueError, RecursionError):
            raise UserError(
                f"{path}, line {number} is not JSON; a line is an object with {FIELDS}."
            ) from None
        yield _line(row, f"{path}, line {number}")


def _line(row: Any, place: str) -> Line:
    if not isinstance(row, dict):
        raise UserError(f"{place} is not an object; a line is an object with {FIELDS}.")
    for name in ("thread", "role", "content"):
        if not isinstance(row.get(name), str):
            raise UserError(f"{place} has no text in {name!r}; a line is an object with {FIELDS}.")
    if row["role"] not in ROLES:
        raise UserError(
            f"{place} has the role {shorten(row['role'], 40)!r}; it must be user, assistant or tool."
        )
    return Line(
        thread=row["thread"],
        role=ROLES[row["role"]],
        content=clean(row["content"]),
        at=_moment(row.get("timestamp"), place),
        name=clean(str(row["name"])) if row.get("name") else None,
        id=clean(str(row["id"])) if row.get("id") else None,
    )


def _moment(value: Any, place: str) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        parsed = (
            datetime.fromtimestamp(value, UTC)
            if isinstance(value, int | float)
            else datetime.fromisoformat(value)
        )
    except (TypeError, ValueError, OverflowError, OSError):
        raise UserError(
            f"{place} has the timestamp {shorten(str(value), 40)!r}; write it as 2026-05-03T10:00:00+00:00."
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _chatgpt(text: str, path: Path) -> Iterator[Line]:
    try:
        conversations = json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(f"{path} is neither JSON lines nor a ChatGPT export's conversations.json.") from None
    for number, conversation in enumerate(conversations, start=1):
        mapping = conversation.get("mapping") if isinstance(conversation, dict) else None
        if not isinstance(mapping, dict):
            raise UserError(
                f"{path}: conversation {number} has no 'mapping'; is it a ChatGPT export's conversations.json?"
            )
        name = str(conversation.get("conversation_id") or conversation.get("id") or f"{path.name}#{number}")
        nodes = {key: _object(node) for key, node in mapping.items()}
        for node in _branch(nodes, conversation.get("current_node")):
            line = _chatgpt_line(_object(node.get("message")), name, f"{path}, conversation {number}")
            if line is not None:
                yield line


def _branch(mapping: dict[str, Any], current: Any) -> list[dict[str, Any]]:
    """The nodes that the person last saw: from the current one up to the root, turned round."""
    if not isinstance(current, str) or current not in mapping:
        current = next((key for key, node in reversed(mapping.items()) if not node.get("children")), None)
    nodes: list[dict[str, Any]] = []
    while isinstance(current, str) and current in mapping and len(nodes) < len(mapping):
        nodes.append(mapping[current])
        current = mapping[current].get("parent")
    return nodes[::-1]


def _chatgpt_line(message: dict[str, Any], thread: str, place: str) -> Line | None:
    if _object(message.get("metadata")).get("is_visually_hidden_from_conversation"):
        return None
    role = ROLES.get(str(_object(message.get("author")).get("role")))
    parts = _object(message.get("content")).get("parts")
    texts = [part for part in parts if isinstance(part, str)] if isinstance(parts, list) else []
    text = "\n".join(texts).strip()
    if role is None or not text:
        return None
    given = message.get("id")
    moment = _moment(message.get("create_time"), place)
    return Line(thread, role, clean(text), moment, None, clean(str(given)) if given else None)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _by_thread(lines: Iterable[Line]) -> dict[str, list[Line]]:
    threads: dict[str, list[Line]] = {}
    seen: dict[str, int] = {}
    given: set[tuple[str, str]] = set()
    for line in lines:
        thread = thread_id(line.thread)
        if line.id and (thread, line.id) in given:
            raise UserError(
                f"The id {shorten(line.id, 40)!r} stands twice in the thread {shorten(line.thread, 40)!r}; "
                "give each message an id of its own, or none."
            )
        given.add((thread, line.id or ""))
        threads.setdefault(thread, []).append(line if line.id else _with_id(line, seen))
    return threads


def _with_id(line: Line, seen: dict[str, int]) -> Line:
    """An id from the content, so that a file that has grown keeps the ids of what it held before."""
    content = json.dumps([line.thread, line.role, line.name, line.content, line.at and line.at.isoformat()])
    digest = hashlib.sha256(content.encode()).hexdigest()[:32]
    seen[digest] = seen.get(digest, 0) + 1
    return Line(line.thread, line.role, line.content, line.at, line.name, f"{digest}-{seen[digest]}")

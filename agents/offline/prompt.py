"""What the offline model reads from its prompt: memories, session, what was said, what tools returned."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agents.conversation import without_notice
from agents.offline.text import MAX_CHARS
from agents.unsaid import GONE
from memory.lifecycle.learning.withdrawn import without
from memory.lifecycle.turns.evidence import points_back

_BLOCK = r"^[ \t]*<{0}>[ \t]*$\n?(?P<body>.*?)^[ \t]*</{0}>[ \t]*$"
_MEMORIES = re.compile(_BLOCK.format("memories"), re.MULTILINE | re.DOTALL)
_PROCEDURES = re.compile(_BLOCK.format("procedures"), re.MULTILINE | re.DOTALL)
_TODAY = re.compile(r"^Today is \w+, (?P<day>\d{1,2} \w+ \d{4}) \(UTC\)\.$", re.MULTILINE)
_NO_LONGER = re.compile(_BLOCK.format("no_longer"), re.MULTILINE | re.DOTALL)
_SESSION = re.compile(_BLOCK.format("session"), re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Recalled:
    """One memory as the prompt shows it."""

    id: str
    kind: str
    text: str
    said_at: str = ""
    source: str = "user"
    status: str = "active"
    valid_from: str = ""
    """Since when, where that is known."""
    valid_to: str = ""
    ended_before: str = ""
    """When it was told that it is over, where nobody said until when it held."""
    no_longer: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    """Of what was said in this conversation, what it states."""

    @property
    def tells(self) -> bool:
        """What no longer holds tells nothing, and what the agent said itself is no news to it."""
        return self.status in {"", "active"} and not (self.kind == "episodic" and self.source == "agent")

    @property
    def held(self) -> bool:
        """Whether it was so until some day."""
        return self.status == "superseded" and bool(self.valid_to or self.ended_before)


@dataclass(frozen=True)
class Prompt:
    """One call's input, taken apart. `said` is the user's last message, `earlier` those before it.

    `earlier` is without the words that do not hold any more. `memories` hold, `past` are those that held once.
    """

    said: str = ""
    said_id: str = ""
    earlier: tuple[str, ...] = ()
    memories: tuple[Recalled, ...] = ()
    past: tuple[Recalled, ...] = ()
    procedures: tuple[str, ...] = ()
    session: dict[str, Any] = field(default_factory=dict)
    calls: tuple[str, ...] = ()
    results: tuple[ToolMessage, ...] = ()
    first_reply: bool = True
    last_reply: str = ""
    length: int = 0
    today: str = ""
    """The day, in ISO form, where the prompt says it."""
    forgot: bool = False
    """Whether the user asked in this conversation for something to be forgotten."""

    @property
    def before(self) -> str:
        """What the user said just before, where this message points back to it."""
        return self.earlier[-1] if self.earlier and points_back(self.said) else ""


def read_prompt(messages: Sequence[BaseMessage]) -> Prompt:
    """The prompt's parts; whatever cannot be read counts as absent."""
    system = "\n".join(_text(item) for item in messages if isinstance(item, SystemMessage))
    last = max((at for at, item in enumerate(messages) if isinstance(item, HumanMessage)), default=-1)
    after = messages[last + 1 :]
    human = [item for item in messages if isinstance(item, HumanMessage)]
    ended = [row["said"] for row in _rows(_body(_NO_LONGER, system)) if isinstance(row.get("said"), str)]
    known = _memories(_body(_MEMORIES, system))
    return Prompt(
        said=_text(human[-1])[:MAX_CHARS] if human else "",
        said_id=str(human[-1].id or "") if human else "",
        earlier=tuple(
            without(text[:MAX_CHARS], ended) for item in human[:-1] if (text := _text(item)) != GONE
        ),
        memories=tuple(item for item in known if item.tells),
        past=tuple(item for item in known if item.held),
        procedures=_procedures(_body(_PROCEDURES, system)),
        session=_session(_body(_SESSION, system)),
        calls=tuple(
            call["name"] for item in after if isinstance(item, AIMessage) for call in item.tool_calls
        ),
        results=tuple(item for item in after if isinstance(item, ToolMessage)),
        first_reply=not any(isinstance(item, AIMessage) and _text(item).strip() for item in messages),
        last_reply=next(
            (
                without_notice(item)[:2000]
                for item in reversed(messages)
                if isinstance(item, AIMessage) and _text(item).strip()
            ),
            "",
        ),
        length=len(messages),
        today=_today(system),
        forgot=any(_text(item) == GONE for item in human[:-1]),
    )


def _today(system: str) -> str:
    found = _TODAY.search(system)
    try:
        return datetime.strptime(found["day"], "%d %B %Y").date().isoformat() if found else ""  # noqa: DTZ007 - a day
    except ValueError:
        return ""


def memory_lines(text: str) -> tuple[Recalled, ...]:
    """The memories in a JSON array, or in lines of JSON; what is none, or not active, is left out."""
    return tuple(item for item in _memories(text) if item.tells)


def _memories(text: str) -> list[Recalled]:
    whole = _json(text.strip())
    values = (
        whole if isinstance(whole, list) else [_json(line.strip().rstrip(",")) for line in text.splitlines()]
    )
    found = (_memory(value) for value in values)
    return [item for item in found if item is not None]


def _json(text: str) -> Any:
    """None for what is not an object or an array."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _memory(value: Any) -> Recalled | None:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return None
    ended = value.get("no_longer")
    return Recalled(
        id=str(value.get("id") or ""),
        kind=str(value.get("kind") or "semantic"),
        text=value["text"],
        said_at=str(value.get("said_at") or ""),
        source=str(value.get("source", "user") or ""),
        status=str(value.get("status", "active") or ""),
        valid_from=str(value.get("valid_from") or ""),
        valid_to=str(value.get("valid_to") or ""),
        ended_before=str(value.get("ended_before") or ""),
        no_longer=tuple(map(str, ended)) if isinstance(ended, list) else (),
    )


def _procedures(text: str) -> tuple[str, ...]:
    return tuple(row["text"] for row in _rows(text) if isinstance(row.get("text"), str))


def _rows(text: str) -> list[dict[str, Any]]:
    rows = [_json(line.strip()) for line in text.splitlines()]
    return [row for row in rows if isinstance(row, dict)]


def _session(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _body(pattern: re.Pattern[str], system: str) -> str:
    found = pattern.search(system)
    return found["body"] if found else ""


def _text(message: BaseMessage) -> str:
    return str(message.text)

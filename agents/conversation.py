"""Pure questions about a list of messages: turns, who spoke last, what is still to be remembered."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage

Message = TypeVar("Message", bound=BaseMessage)

MARK = "mnemograph"
"""The key in `additional_kwargs` under which our own marks stand."""
RECALLING = (
    *("save_memory", "correct_memory", "search_memory", "forget_memory"),
    *("set_preference", "add_task", "complete_task", "list_tasks", "write_note", "read_notes", "now"),
)
"""Tools whose answers hold what is known or what they were given, and so tell nothing new: add yours of this kind."""


@dataclass(frozen=True)
class Turn:
    """A human message and everything up to the next one."""

    human: HumanMessage
    rest: list[AnyMessage] = field(default_factory=list)
    before: AnyMessage | None = None
    """What was said just before it, by anybody but a tool."""
    after: str = ""
    """The human message before this one, by its id."""
    previous: HumanMessage | None = None
    """That message itself, unless something was forgotten behind it."""

    def called(self, tool: str) -> bool:
        """Whether the agent called this tool in the turn."""
        return any(
            call["name"] == tool for m in self.rest if isinstance(m, AIMessage) for call in m.tool_calls
        )


def mark(message: BaseMessage) -> dict[str, Any]:
    """Our own marks on a message.

    They are said_at, run_id, by, refused, error, notice, used, echo, agent, routed, recalled and told.
    The page marks a reply that was `stopped`.
    """
    found = message.additional_kwargs.get(MARK)
    return found if isinstance(found, dict) else {}


def marked(message: Message, **marks: Any) -> Message:
    """A copy of the message with these marks added."""
    kwargs = {**message.additional_kwargs, MARK: {**mark(message), **marks}}
    return message.model_copy(update={"additional_kwargs": kwargs})


def without_notice(message: BaseMessage) -> str:
    """What a message says, without what a program put at its end about itself: that is no part of the talk."""
    notice = mark(message).get("notice")
    text = str(message.text)
    return text.removesuffix(notice) if isinstance(notice, str) else text


def said_at(message: BaseMessage, default: datetime) -> datetime:
    """When a message was said, as stamped on it, or `default`: a client may have written anything there."""
    try:
        stamp = datetime.fromisoformat(mark(message)["said_at"])
    except (KeyError, TypeError, ValueError):
        return default
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)


def run_began(messages: Sequence[BaseMessage], run_id: Any) -> datetime | None:
    """When the run began that answers the newest human message; None for a run that only goes on with a thread."""
    human = next((m for m in reversed(messages) if isinstance(m, HumanMessage)), None)
    if human is None or mark(human).get("run_id") != (str(run_id or "") or None):
        return None
    try:
        return datetime.fromisoformat(mark(human)["said_at"])
    except (KeyError, TypeError, ValueError):
        return None


def unmarked(message: Message) -> Message:
    """A copy without our marks: on its way in, a message carries only what its sender claims."""
    kwargs = {name: value for name, value in message.additional_kwargs.items() if name != MARK}
    return message.model_copy(update={"additional_kwargs": kwargs})


def speaker(thread_id: str, user_id: str) -> str:
    """Stands for a user within a thread: traces show it, and it tells nothing across threads."""
    return hashlib.sha256(f"{thread_id}:{user_id}".encode("utf-8", "replace")).hexdigest()[:24]


def spoke_last(messages: Sequence[BaseMessage]) -> str | None:
    """The speaker of the newest human message that tells it; None when none does."""
    told = (mark(m).get("by") for m in reversed(messages) if isinstance(m, HumanMessage))
    return next((str(by) for by in told if by), None)


def last_human(messages: Sequence[AnyMessage]) -> HumanMessage | None:
    return next((m for m in reversed(messages) if isinstance(m, HumanMessage)), None)


def first_human(messages: Sequence[AnyMessage]) -> HumanMessage | None:
    return next((m for m in messages if isinstance(m, HumanMessage)), None)


def is_answered(messages: Sequence[AnyMessage]) -> bool:
    """Whether the newest human message has a finished reply; a reply that reports a failure is none."""
    return any(
        isinstance(m, AIMessage) and not m.tool_calls and not mark(m).get("error")
        for m in this_turn(messages)
    )


def this_turn(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The newest human message and all that follows it."""
    for index in range(len(messages) - 1, -1, -1):
        if isinstance(messages[index], HumanMessage):
            return list(messages[index:])
    return list(messages)


def tool_rounds(messages: Sequence[AnyMessage]) -> int:
    """How often the agent has called tools in this turn."""
    return sum(1 for m in this_turn(messages) if isinstance(m, AIMessage) and m.tool_calls)


def turns_after(messages: Sequence[AnyMessage], remembered_to: str | None) -> list[Turn]:
    """Whole turns after the message of that id; all of them when it is None or gone from the conversation."""
    ids = [m.id for m in messages]
    start = ids.index(remembered_to) + 1 if remembered_to and remembered_to in ids else 0
    turns: list[Turn] = []
    before = next((m for m in reversed(messages[:start]) if not isinstance(m, ToolMessage)), None)
    last = _last_turn(messages[:start])
    for message in messages[start:]:
        if isinstance(message, HumanMessage):
            known = last.human if last and not last.called("forget_memory") else None
            last = Turn(message, before=before, after=str(last.human.id) if last else "", previous=known)
            turns.append(last)
        elif last:
            last.rest.append(message)
        before = before if isinstance(message, ToolMessage) else message
    return turns


def _last_turn(messages: Sequence[AnyMessage]) -> Turn | None:
    newest = this_turn(messages)
    human = newest[0] if newest else None
    return Turn(human, newest[1:]) if isinstance(human, HumanMessage) else None


def turns_to_remember(messages: Sequence[AnyMessage], remembered_to: str | None) -> list[Turn]:
    """The turns after that message; the newest once it is answered, for until then it may end otherwise."""
    turns = turns_after(messages, remembered_to)
    return turns if is_answered(messages) else turns[:-1]


def with_answers_to_every_call(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """A history that a provider accepts: after each call its one result, and no result without a call.

    A call that a crash left without a result gets one that says so.
    """
    caller: dict[str, int] = {}
    results: dict[tuple[int, str], ToolMessage] = {}
    for index, message in enumerate(messages):
        if isinstance(message, AIMessage):
            caller.update((str(call["id"]), index) for call in message.tool_calls)
        elif isinstance(message, ToolMessage) and message.tool_call_id in caller:
            results.setdefault((caller[message.tool_call_id], message.tool_call_id), message)
    repaired: list[AnyMessage] = []
    for index, message in enumerate(messages):
        if isinstance(message, ToolMessage):
            continue
        repaired.append(message)
        if isinstance(message, AIMessage):
            ids = dict.fromkeys(str(call["id"]) for call in message.tool_calls)
            repaired += [results.get((index, call_id)) or _interrupted(call_id) for call_id in ids]
    return repaired


def _interrupted(call_id: str) -> ToolMessage:
    return ToolMessage("This call was interrupted and has no result.", tool_call_id=call_id, status="error")

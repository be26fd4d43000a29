"""What one conversation holds. The checkpointer keeps all of it; the long-term store keeps none of it."""

from typing import Annotated, Any

from langchain_core.messages import AnyMessage, BaseMessage, RemoveMessage
from langgraph.graph.message import Messages, add_messages
from typing_extensions import NotRequired, TypedDict  # noqa: UP035 - the schema for Studio needs them

from memory.text import clean, clean_tree

MAX_NOTES = 50
MAX_TASKS = 100


class Task(TypedDict):
    """One line of the session's task list."""

    id: int
    title: str
    done: bool


class TaskUpdate(TypedDict):
    """A task to add, or a new state for the task of that title."""

    title: str
    done: bool


def add_clean_messages(left: Messages, right: Messages) -> list[AnyMessage]:
    """LangGraph's own reducer, after NUL bytes and lone surrogates are out of what comes in."""
    return add_messages(left, [_clean_message(item) for item in _listed(right)])  # type: ignore[return-value]


def _listed(messages: Messages) -> list[Any]:
    return list(messages) if isinstance(messages, list) else [messages]


def _clean_message(message: Any) -> Any:
    if isinstance(message, RemoveMessage):
        return message
    if isinstance(message, BaseMessage):
        return message.model_copy(update={"content": clean_tree(message.content)})
    return clean_tree(message)


def merge_preferences(left: dict[str, str] | None, right: dict[str, str] | None) -> dict[str, str]:
    """Later values win; an empty value takes the preference away."""
    merged = {**(left or {}), **{clean(name): clean(value) for name, value in (right or {}).items()}}
    return {name: value for name, value in merged.items() if value}


def merge_tasks(left: list[Task] | None, right: list[TaskUpdate] | None) -> list[Task]:
    """Update the task of the same title, or add one; parallel tool calls merge without a clash of ids."""
    tasks = {task["title"].casefold(): task for task in left or []}
    for update in right or []:
        title = clean(update["title"])
        known = tasks.get(title.casefold())
        number = known["id"] if known else max((task["id"] for task in tasks.values()), default=0) + 1
        tasks[title.casefold()] = Task(
            id=number, title=known["title"] if known else title, done=update["done"]
        )
    return list(tasks.values())[-MAX_TASKS:]


def append_notes(left: list[str] | None, right: list[str] | None) -> list[str]:
    """The newest `MAX_NOTES` notes, oldest first."""
    return [*(left or []), *(clean(note) for note in right or [])][-MAX_NOTES:]


class ChatState(TypedDict):
    """The state of a chat thread."""

    messages: Annotated[list[AnyMessage], add_clean_messages]
    """The conversation."""

    preferences: NotRequired[Annotated[dict[str, str], merge_preferences]]
    """How the user wants this conversation held, by name."""

    tasks: NotRequired[Annotated[list[Task], merge_tasks]]
    """The running task list."""

    notes: NotRequired[Annotated[list[str], append_notes]]
    """Scratch notes of this conversation."""

    recalled: NotRequired[list[dict[str, Any]]]
    """The receipt of the last turn's recall: memories, and how each was found."""

    learned: NotRequired[list[dict[str, Any]]]
    """The memories that the last turn taught."""

    warnings: NotRequired[list[str]]
    """What did not work in the last turn, one sentence each."""

    remembered_to: NotRequired[str]
    """The id of the last message that has been remembered; later ones wait for their turn."""

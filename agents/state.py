"""What one conversation holds. The checkpointer keeps all of it; the long-term store keeps none of it."""

from typing import Annotated, Any, Final

from langchain_core.messages import AnyMessage, BaseMessage, HumanMessage, RemoveMessage, convert_to_messages
from langgraph.graph.message import Messages, add_messages
from typing_extensions import NotRequired, TypedDict  # noqa: UP035 - the schema for Studio needs them

from agents.conversation import mark, marked, unmarked
from memory.lifecycle.recalling.unsaid import Unsaid
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
    """LangGraph's own reducer, for clean text, and with what a person said kept as it was said.

    NUL bytes and lone surrogates are taken out. A human message sent again under its id is the one that is there.
    """
    said = {m.id: m for m in left if isinstance(m, HumanMessage)} if isinstance(left, list) else {}
    listed = right if isinstance(right, list) else [right]
    incoming = convert_to_messages([clean_tree(m) if isinstance(m, dict) else m for m in listed])
    return add_messages(left, [_merged(said.get(m.id), m) for m in incoming])  # type: ignore[return-value, arg-type]


def _merged(stored: HumanMessage | None, message: BaseMessage) -> BaseMessage:
    """What a message becomes beside the stored one of its id: marks are added, never changed or taken away."""
    if isinstance(message, RemoveMessage):
        return message
    if stored is None or not isinstance(message, HumanMessage):
        tidy = message.model_copy(update={"content": clean_tree(message.content)})
        return unmarked(tidy) if isinstance(message, HumanMessage) else tidy
    marks = {**mark(message), **mark(stored)}
    if marks.get("refused") and not mark(stored).get("refused"):
        return marked(message, **marks)
    return marked(stored, **marks) if marks else stored


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


class Running(TypedDict):
    """The summary in the state: it stands for the conversation up to and including the message `to`."""

    text: str
    to: str
    by: str
    """The model that wrote it; "offline" made an extract by rules."""
    messages: int
    """How many messages it stands for."""


class Undone(TypedDict):
    """A turn that was undone: its human message, and the checkpoint that redoing it goes back to."""

    turn: str
    checkpoint: str


def summarised_to(summary: Running | None) -> str | None:
    """The last message that the summary stands for."""
    return summary["to"] if summary else None


SHOWN: Final = ("preferences", "tasks", "notes")
"""The fields that the model is shown as data, and that an import brings back: add yours."""


class ChatState(TypedDict):
    """The state of a chat thread. The model sees of it the messages and what is `SHOWN`."""

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

    procedures: NotRequired[list[dict[str, Any]]]
    """How the user wants things done: the approved procedures that shaped the last reply."""
    used: NotRequired[list[str]]
    """Of these the ids of those that the reply shows to have used."""

    news: NotRequired[list[dict[str, Any]]]
    """What other agents learned since this turn's specialist was last told; kept until the turn's end."""

    unsaid: NotRequired[list[Unsaid]]
    """What was said in this conversation and does not hold any more, or was forgotten, as the last turn began."""

    learned: NotRequired[list[dict[str, Any]]]
    """The memories that the last turn taught."""

    warnings: NotRequired[list[str]]
    """What did not work in the last turn, one sentence each."""

    summary: NotRequired[Running]
    """What stands in the prompt for the oldest messages; they themselves stay in `messages`."""

    undone: NotRequired[list[Undone]]
    """The turns that were undone, the last one last: what can be redone. A new turn empties it."""

    remembered_to: NotRequired[str]
    """The id of the last message that has been remembered; later ones wait for their turn."""

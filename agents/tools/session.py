"""Tools on the session: they read it through InjectedState and write it by returning a Command."""

from typing import Annotated, Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.prebuilt import InjectedState
from langgraph.types import Command

from config.errors import UserError

State = Annotated[dict[str, Any], InjectedState]
CallId = Annotated[str, InjectedToolCallId]

MAX_CHARS = 2_000


def _update(call_id: str, said: str, **changes: Any) -> Command[Any]:
    return Command(update={**changes, "messages": [ToolMessage(said, tool_call_id=call_id)]})


def _bounded(text: str, what: str) -> str:
    """The text without surrounding space. Raises UserError when it is empty or too long."""
    plain = text.strip()
    if not plain:
        raise UserError(f"The {what} is empty.")
    if len(plain) > MAX_CHARS:
        raise UserError(f"The {what} has {len(plain):,} characters; at most {MAX_CHARS:,} are kept.")
    return plain


@tool
def set_preference(name: str, value: str, state: State, tool_call_id: CallId) -> Command[Any]:
    """Set how this conversation is held, such as the language or the length of answers.

    Args:
        name: What it is about, in one or two words: "language".
        value: What the user wants: "French". Empty takes the preference away.
    """
    name = _bounded(name, "preference's name").casefold()
    value = value.strip()[:MAX_CHARS]
    before = (state.get("preferences") or {}).get(name)
    was = f" (it was {before})" if before and before != value else ""
    said = f"Preference set: {name} = {value}{was}." if value else f"Preference removed: {name}."
    return _update(tool_call_id, said, preferences={name: value})


@tool
def add_task(title: str, state: State, tool_call_id: CallId) -> Command[Any]:
    """Add a line to this conversation's task list.

    Args:
        title: What is to be done.
    """
    title = _bounded(title, "task")
    known = [task["title"].casefold() for task in state.get("tasks") or []]
    if title.casefold() in known:
        return _update(tool_call_id, f"Already on the list: {title}.")
    return _update(tool_call_id, f"Added to the task list: {title}.", tasks=[{"title": title, "done": False}])


@tool
def complete_task(title: str, state: State, tool_call_id: CallId) -> Command[Any]:
    """Mark a task of this conversation's list as done.

    Args:
        title: The task's title, or a part of it that only one open task has.
    """
    wanted = _bounded(title, "task").casefold()
    tasks = state.get("tasks") or []
    exact = [task for task in tasks if task["title"].casefold() == wanted]
    matches = exact or [task for task in tasks if not task["done"] and wanted in task["title"].casefold()]
    if len(matches) != 1:
        listed = "; ".join(task["title"] for task in tasks) or "it is empty"
        raise UserError(f"No single task matches {title[:64]!r}. On the list: {listed}.")
    found = matches[0]["title"]
    return _update(tool_call_id, f"Done: {found}.", tasks=[{"title": found, "done": True}])


@tool
def list_tasks(state: State) -> str:
    """Read this conversation's task list."""
    tasks = state.get("tasks") or []
    lines = [f"{task['id']}. [{'x' if task['done'] else ' '}] {task['title']}" for task in tasks]
    return "\n".join(lines) or "The task list is empty."


@tool
def write_note(text: str, state: State, tool_call_id: CallId) -> Command[Any]:
    """Write a scratch note for this conversation.

    Args:
        text: The note.
    """
    text = _bounded(text, "note")
    number = len(state.get("notes") or []) + 1
    return _update(tool_call_id, f"Note {number}: {text}", notes=[text])


@tool
def read_notes(state: State) -> str:
    """Read the scratch notes of this conversation."""
    notes = state.get("notes") or []
    return (
        "\n".join(f"{number}. {note}" for number, note in enumerate(notes, start=1)) or "There are no notes."
    )

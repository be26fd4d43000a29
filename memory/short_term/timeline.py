"""A thread's history as steps, and what differs between two of its states. Pure: snapshots in, data out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from langchain_core.messages import BaseMessage
from langgraph.types import StateSnapshot

from config.errors import UserError
from memory.short_term.as_data import as_data
from memory.text import shorten

MESSAGES = "messages"
OF_ONE_TURN = ("recalled", "learned", "warnings")
"""What each turn writes anew."""
LEFT_OUT = "…"
SHOWN_CHARS = 120
SHORT_ID = 8


class NoSuchCheckpointError(UserError):
    """No checkpoint of the thread, or several. `what` is the sentence without where to look the right one up."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: `mnemograph threads history` lists them.")
        self.what = what


@dataclass(frozen=True)
class Difference:
    """What became of one key: what was added, removed, and changed (name -> [before, after])."""

    added: list[Any] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)
    changed: dict[str, list[Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Step:
    """One checkpoint: which nodes wrote it, what they changed, and where the run goes on.

    Among the nodes `LEFT_OUT` stands for those whose steps are no longer kept. `forked`: of a fork's first step, the
    thread and the checkpoint that it goes on from.
    """

    checkpoint_id: str
    parent_id: str | None
    number: int
    at: datetime
    source: str
    nodes: list[str]
    changes: dict[str, Difference]
    next: list[str]
    forked: dict[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        changes = {name: difference.as_json() for name, difference in self.changes.items()}
        return {**asdict(self), "at": self.at.isoformat(), "changes": changes}


def id_of(snapshot: StateSnapshot) -> str:
    return str(snapshot.config["configurable"]["checkpoint_id"])


def parent_id_of(snapshot: StateSnapshot) -> str | None:
    parent = (snapshot.parent_config or {}).get("configurable", {}).get("checkpoint_id")
    return None if parent is None else str(parent)


def steps(snapshots: Sequence[StateSnapshot]) -> list[Step]:
    """Newest first, as the snapshots are. A step whose parent is no longer kept shows all that it holds as added."""
    by_id = {id_of(snapshot): snapshot for snapshot in snapshots}
    return [_step(snapshot, by_id.get(parent_id_of(snapshot) or "")) for snapshot in snapshots]


def _step(snapshot: StateSnapshot, parent: StateSnapshot | None) -> Step:
    told: Mapping[str, Any] = snapshot.metadata or {}
    ran = parent is not None and told.get("source") == "loop"
    nodes = sorted({task.name for task in parent.tasks}) if ran and parent else []
    before: Mapping[str, Any] = (parent.metadata if parent else None) or {}
    if nodes and int(told.get("step", 0)) > int(before.get("step", 0)) + 1:
        nodes.append(LEFT_OUT)
    return Step(
        checkpoint_id=id_of(snapshot),
        parent_id=parent_id_of(snapshot),
        number=int(told.get("step", -1)),
        at=datetime.fromisoformat(snapshot.created_at or "1970-01-01T00:00:00+00:00"),
        source=str(told.get("timeline") or told.get("source") or ""),
        nodes=nodes,
        changes=difference(parent.values if parent else {}, snapshot.values),
        next=list(dict.fromkeys(snapshot.next)),
        forked=_forked(told),
    )


def _forked(told: Mapping[str, Any]) -> dict[str, str] | None:
    if told.get("timeline") != "fork" or not told.get("forked_from"):
        return None
    return {"thread_id": str(told["forked_from"]), "checkpoint_id": str(told.get("forked_at") or "")}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Difference]:
    """What differs, by key of the state; keys that are alike are left out."""
    names = dict.fromkeys([*before, *after])
    found = {name: _of_key(name, before.get(name), after.get(name)) for name in names}
    return {name: each for name, each in found.items() if each}


def _of_key(name: str, before: Any, after: Any) -> Difference:
    if name == MESSAGES:
        return _of_rows(_messages(before), _messages(after))
    before, after = as_data(before), as_data(after)
    if isinstance(before or after, Mapping):
        return _of_rows(dict(before or {}), dict(after or {}), named=True)
    if isinstance(before or after, list):
        return _of_rows(_rows(before), _rows(after))
    return _of_rows({name: before} if before else {}, {name: after} if after else {})


def _of_rows(before: Mapping[str, Any], after: Mapping[str, Any], *, named: bool = False) -> Difference:
    def shown(key: str, value: Any) -> Any:
        return {key: value} if named else value

    return Difference(
        added=[shown(key, value) for key, value in after.items() if key not in before],
        removed=[shown(key, value) for key, value in before.items() if key not in after],
        changed={
            key: [before[key], value]
            for key, value in after.items()
            if key in before and before[key] != value
        },
    )


def _messages(given: Any) -> dict[str, Any]:
    rows = [message for message in given or [] if isinstance(message, BaseMessage)]
    return {str(message.id): _message(message) for message in rows}


def _message(message: BaseMessage) -> dict[str, Any]:
    calls = [call["name"] for call in getattr(message, "tool_calls", [])]
    row = {"id": message.id, "type": message.type, "text": str(message.text)}
    return {**row, **({"calls": calls} if calls else {})}


def _rows(given: Any) -> dict[str, Any]:
    """A list's items by what names them: their own id or title, else what they are."""
    rows: dict[str, Any] = {}
    for item in given or []:
        name = item.get("id", item.get("turn")) if isinstance(item, Mapping) else None
        rows[str(item if name is None else name)] = item
    return rows


def readable(changes: Mapping[str, Difference]) -> list[str]:
    """One line a change that a person would see: `+` added, `-` removed, `~` changed."""
    went_back = "undone" in changes and bool(changes["undone"].added)
    lines: list[str] = []
    for name, each in changes.items():
        # What the turn before recalled and learned is neither lost by the next one nor learned again by an undo.
        if name not in OF_ONE_TURN or not went_back:
            lines += [f"+ {name}: {shown(item)}" for item in each.added]
        if name not in OF_ONE_TURN or went_back:
            lines += [f"- {name}: {shown(item)}" for item in each.removed]
        for key, (before, after) in each.changed.items():
            place = name if key == name else f"{name}.{shorten(key, 40)}"
            if _in_words(before) != _in_words(after):
                lines.append(f"~ {place}: {shown(before)} → {shown(after)}")
    return lines


def shown(item: Any) -> str:
    """A value of the state, or an item of one, as a person reads it in a line."""
    return shorten(_in_words(item), SHOWN_CHARS)


def _in_words(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    if {"type", "text"} <= item.keys():
        called = f" calls {', '.join(item['calls'])}" if item.get("calls") else ""
        return f"{item['type']}{called}" + (f": {item['text']}" if item["text"] or not called else "")
    if "text" in item:
        return str(item["text"])
    if {"title", "done"} <= item.keys():
        return f"{item['title']} ({'done' if item['done'] else 'open'})"
    if {"turn", "checkpoint"} <= item.keys():
        return f"turn {str(item['turn'])[:SHORT_ID]}"
    return ", ".join(f"{name}: {value}" for name, value in item.items())


def named(ids: Sequence[str], which: str) -> str:
    """The one id that begins or ends with these characters. Raises NoSuchCheckpointError on none, and on several."""
    found = [each for each in ids if which and (each.startswith(which) or each.endswith(which))]
    if len(found) != 1:
        what = "No checkpoint" if not found else "More than one checkpoint"
        raise NoSuchCheckpointError(f"{what} of this thread is {which[:64]!r}")
    return found[0]

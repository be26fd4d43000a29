"""What a run waits to be told, in the terminal: shown, and answered line by line. Pure but for printing."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langgraph.types import Interrupt

from agents.approval import ACTION
from cli.console import out, plain
from config.errors import UserError

_EDIT = re.compile(r"e(?:dit)?\b[:,]?\s*(?P<text>.*)$", re.IGNORECASE | re.DOTALL)
_NAMED = re.compile(r"(?P<name>\w+)\s*=\s*(?P<text>.*)$", re.DOTALL)
_WORDS = {"y": "approve", "yes": "approve", "n": "reject", "no": "reject"}
_ANYTHING = "your next line is the answer · /skip to go on without one"
_HOW = "Write edit and then how you want it, such as: edit Answer in short sentences."


@dataclass
class Questions:
    """The open questions of a thread, answered one after the other, each by its id.

    One about actions takes a decision for each of them, and whoever says anything else goes on talking. Any other
    takes the next line as it is.
    """

    asked: list[Interrupt] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, asked: Sequence[Interrupt]) -> None:
        """These are to be answered, and no earlier ones."""
        self.asked, self.decisions = list(asked), []
        self.show()

    def show(self) -> None:
        """Print what is to be answered next."""
        if not self.open:
            return
        value = self.asked[0].value
        actions = actions_in(value)
        text, hint = _shown(actions[len(self.decisions)]) if actions else (_as_text(value), _ANYTHING)
        out.print(f"  [yellow]?[/] {plain(text)}")
        out.print(f"    [dim]{plain(hint)}[/]")

    @property
    def open(self) -> bool:
        return bool(self.asked)

    def close(self) -> None:
        """They are answered, or left."""
        self.asked, self.decisions = [], []

    def take(self, line: str) -> tuple[bool, dict[str, Any] | None]:
        """Whether the line answers what is next, and what the run is resumed with: nothing while a decision lacks.

        Raises UserError on an answer that does not fit.
        """
        if not self.open or not line.strip():
            return False, None
        first = self.asked[0]
        actions = actions_in(first.value)
        if not actions:
            return True, {first.id: line.strip()}
        decision = decision_in(line, actions[len(self.decisions)])
        if decision is None:
            return False, None
        self.decisions.append(decision)
        whole = len(self.decisions) == len(actions)
        return True, {first.id: {"decisions": list(self.decisions)}} if whole else None


def actions_in(value: Any) -> list[dict[str, Any]]:
    """What is to be decided on, each with what it `allows`; none where the question is of another form."""
    requests = value.get("action_requests") if isinstance(value, Mapping) else None
    if not isinstance(requests, list) or not all(isinstance(each, Mapping) for each in requests):
        return []
    configs = [each for each in value.get("review_configs") or [] if isinstance(each, Mapping)]
    allowed = {each.get("action_name"): each.get("allowed_decisions") for each in configs}
    usual = ["approve", "edit", "reject"]
    return [{**each, "allows": allowed.get(each.get("name")) or usual} for each in requests]


def decision_in(line: str, action: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a line decides, as LangChain's human-in-the-loop takes it; None when it is no answer.

    Raises UserError on one that is not allowed, and on an edit that does not fit the arguments.
    """
    said = line.strip()
    edit = _EDIT.match(said)
    kind = _WORDS.get(said.casefold().rstrip(".!")) or ("edit" if edit else None)
    if kind is None:
        return None
    if kind not in action.get("allows", [kind]):
        raise UserError(f"That is not open here. What is: {_ways(action)}.")
    if edit is None or kind != "edit":
        return {"type": kind}
    args = dict(action.get("args") or {})
    changed = {**args, **_edited(edit["text"].strip(), args)}
    return {"type": "edit", "edited_action": {"name": action.get("name"), "args": changed}}


def _edited(text: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that an edit names, with their new values."""
    if not args:
        raise UserError("It has no arguments to edit.")
    if not text:
        raise UserError(_HOW if "instruction" in args else f"Write {_example(args)}.")
    if (named := _NAMED.match(text)) and named["name"] in args:
        return {named["name"]: _read(named["name"], named["text"].strip(), args)}
    if len(args) == 1:
        [name] = args
        return {name: _read(name, text, args)}
    raise UserError(f"It has several arguments, so say which one. Write {_example(args)}.")


def _read(name: str, text: str, args: Mapping[str, Any]) -> Any:
    """A value of the sort that was proposed: text as it is, and anything else as JSON."""
    was = args[name]
    if isinstance(was, str):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if was is not None and _sort(value) is not _sort(was):
        raise UserError(f"{name} is not of that sort: it was {_as_text(was)}. Write {_example({name: was})}.")
    return value


def _sort(value: Any) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _example(args: Mapping[str, Any]) -> str:
    name, value = next(iter(args.items()))
    return f"edit {_as_text(value)}" if len(args) == 1 else f"edit {name}={_as_text(value)}"


def _shown(action: Mapping[str, Any]) -> tuple[str, str]:
    """An action in words, and what can be answered. A tool's arguments are told whatever its own words are."""
    told = str(action.get("description") or "")
    if action.get("name") == ACTION:
        return told, f"{_ways(action)} · or just go on: it stays proposed"
    args = ", ".join(f"{name}={_as_text(value)}" for name, value in (action.get("args") or {}).items())
    call = f"{action.get('name')}({args})"
    return f"{told}\n    {call}" if told else call, f"{_ways(action)} · or just go on: it is not done"


def _ways(action: Mapping[str, Any]) -> str:
    args = action.get("args") or {}
    words = "edit and your words" if action.get("name") == ACTION else _example(args) if args else ""
    ways = {"approve": "y", "reject": "n", "edit": words}
    return " · ".join(way for kind, way in ways.items() if way and kind in action.get("allows", ways))


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)

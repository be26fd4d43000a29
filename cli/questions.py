"""The question behind a turn, in the terminal: shown, and answered with y, n or an edit. Pure but for printing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.console import out, plain
from config.errors import UserError

_EDIT = re.compile(r"e(?:dit)?\b[:,]?\s*(?P<text>.*)$", re.IGNORECASE | re.DOTALL)
_WORDS = {"y": "approve", "yes": "approve", "n": "reject", "no": "reject"}


@dataclass
class Questions:
    """What a thread waits to be told, one after the other; whoever says anything else goes on talking."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, asked: Sequence[dict[str, Any]]) -> None:
        """These are to be decided, and no earlier ones."""
        self.asked, self.decisions = list(asked), []
        self.show()

    def show(self) -> None:
        """Print the one that is next."""
        if self.open:
            text = plain(str(self.asked[len(self.decisions)].get("description") or ""))
            out.print(f"  [yellow]?[/] {text}")
            out.print("    [dim]y · n · edit and your words · or just go on: it stays proposed[/]")

    @property
    def open(self) -> bool:
        return len(self.decisions) < len(self.asked)

    def close(self) -> None:
        """They are answered, or left."""
        self.asked, self.decisions = [], []

    def take(self, line: str) -> bool:
        """Whether the line answers the one that is next. Raises UserError on an edit without words."""
        if not self.open:
            return False
        decision = decision_in(line, self.asked[len(self.decisions)])
        if decision is None:
            return False
        self.decisions.append(decision)
        return True


def decision_in(line: str, request: dict[str, Any]) -> dict[str, Any] | None:
    """What a line decides, as LangChain's human-in-the-loop takes it; None when it is no answer."""
    said = line.strip()
    if kind := _WORDS.get(said.casefold().rstrip(".!")):
        return {"type": kind}
    edit = _EDIT.match(said)
    if edit is None:
        return None
    if not edit["text"].strip():
        raise UserError("Write edit and then how you want it, such as: edit Answer in short sentences.")
    args = {**request.get("args", {}), "instruction": edit["text"].strip()}
    return {"type": "edit", "edited_action": {"name": request.get("name"), "args": args}}

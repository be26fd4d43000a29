"""The question about a proposed procedure, as LangChain's human-in-the-loop cards show it, and its answers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict

from memory.schema import Kind, Status

ACTION: Final = "keep_procedure"
KINDS: Final[dict[str, Literal["approve", "edit", "reject"]]] = {
    "approve": "approve",
    "accept": "approve",
    "edit": "edit",
    "reject": "reject",
    "ignore": "reject",
}
"""What an answer may be, with the words that earlier cards send."""


class ActionRequest(TypedDict):
    """One thing to decide on, as a card shows it."""

    name: str
    args: dict[str, Any]
    description: str


class ReviewConfig(TypedDict):
    """What may be answered to an action of this name."""

    action_name: str
    allowed_decisions: list[Literal["approve", "edit", "reject"]]


class Request(TypedDict):
    """The value of the interrupt."""

    action_requests: list[ActionRequest]
    review_configs: list[ReviewConfig]


@dataclass(frozen=True)
class Decision:
    """One answer; `text` is the edited instruction, or why it was rejected."""

    kind: Literal["approve", "edit", "reject"]
    text: str = ""


def asked_about(learned: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of what a turn taught, the procedures that wait for approval."""
    return [
        row
        for row in learned
        if row.get("kind") == Kind.PROCEDURAL.value and row.get("status") == Status.PROPOSED.value
    ]


def request(waiting: Sequence[Mapping[str, Any]], in_force: Sequence[Mapping[str, Any]]) -> Request:
    """The question about all of them at once; the decisions come back in their order."""
    texts = {str(row["id"]): str(row["text"]) for row in in_force}
    return Request(
        action_requests=[
            ActionRequest(
                name=ACTION,
                args={"instruction": row["text"]},
                description=_description(row, texts.get(str(row.get("instead_of") or ""), "")),
            )
            for row in waiting
        ],
        review_configs=[ReviewConfig(action_name=ACTION, allowed_decisions=["approve", "edit", "reject"])],
    )


def _description(row: Mapping[str, Any], replaced: str) -> str:
    instead = f" It takes the place of: {replaced}" if replaced else ""
    return f"You said: “{row.get('quote') or row['text']}” Shall I do this in every conversation?{instead}"


def decisions_in(answer: Any, count: int) -> list[Decision | None]:
    """One decision for each that was asked about, None where the answer says none that can be read."""
    given = answer.get("decisions") if isinstance(answer, Mapping) and "decisions" in answer else answer
    listed = list(given) if isinstance(given, list | tuple) else [given]
    found = [_decision(each) for each in listed[:count]]
    return found + [None] * (count - len(found))


def _decision(given: Any) -> Decision | None:
    if not isinstance(given, Mapping):
        return None
    kind = KINDS.get(str(given.get("type")))
    if kind == "edit":
        action = given.get("edited_action") or given.get("args")
        args = action.get("args", action) if isinstance(action, Mapping) else {}
        text = args.get("instruction") if isinstance(args, Mapping) else None
        return Decision("edit", text) if isinstance(text, str) else None
    if kind == "reject":
        return Decision("reject", str(given.get("message") or ""))
    return Decision(kind) if kind else None

"""What the memory tools of a turn decided, for the turn's decisions: each result carries its own."""

from collections.abc import Mapping
from typing import Any, Final

from langchain_core.messages import AIMessage, ToolMessage

from agents.conversation import Turn
from memory.lifecycle.learning.decisions import Decision

DECIDING: Final = ("save_memory", "correct_memory", "forget_memory")
_KEY: Final = "decision"


def carrying(decision: Decision) -> dict[str, Any]:
    """A tool result's artifact, which no model is shown."""
    return {_KEY: decision.model_dump(mode="json")}


def decided_by_tools(turn: Turn) -> tuple[Mapping[str, Any], ...]:
    """The decisions of a turn's results in their order; a call that was refused is one, with its sentence."""
    calls = {
        str(call["id"]): call
        for message in turn.rest
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["name"] in DECIDING
    }
    results = [each for each in turn.rest if isinstance(each, ToolMessage) and each.tool_call_id in calls]
    found = [_decided(each, calls[each.tool_call_id]["args"]) for each in results]
    return tuple(each for each in found if each)


def _decided(result: ToolMessage, args: Mapping[str, Any]) -> Mapping[str, Any]:
    if result.status == "error":
        told = {"statement": args.get("statement"), "of": args.get("memory_id")}
        given = {name: str(value) for name, value in told.items() if value}
        return {"what": "refuse", "reason": str(result.text), "source": "agent", **given}
    found = result.artifact.get(_KEY) if isinstance(result.artifact, Mapping) else None
    return found if isinstance(found, Mapping) else {}

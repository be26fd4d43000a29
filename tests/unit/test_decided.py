"""What a turn's tools decided is read from their results; whatever else stands there is none."""

from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agents.conversation import Turn
from agents.decided import carrying, decided_by_tools
from memory.lifecycle.learning.decisions import Decision

SAVED = Decision(what="new", reason="Nothing that is known says so.", statement="The user likes tea.")


def called(name: str, result: ToolMessage, **args: Any) -> Turn:
    call = {"name": name, "args": args, "id": "c1"}
    return Turn(HumanMessage("Remember it.", id="h1"), [AIMessage("", tool_calls=[call]), result])


def test_a_result_carries_its_decision() -> None:
    told = called("save_memory", ToolMessage("Saved.", tool_call_id="c1", artifact=carrying(SAVED)))
    assert [Decision.model_validate(each) for each in decided_by_tools(told)] == [SAVED]


def test_a_refused_call_is_a_decision_with_its_sentence() -> None:
    failed = ToolMessage("There is no memory with the id 'x'.", tool_call_id="c1", status="error")
    [made] = decided_by_tools(
        called("correct_memory", failed, memory_id="x", statement="The user likes tea.")
    )
    assert Decision.model_validate(made).model_dump(include={"what", "reason", "statement", "of"}) == {
        "what": "refuse",
        "reason": "There is no memory with the id 'x'.",
        "statement": "The user likes tea.",
        "of": "x",
    }


def test_other_tools_and_other_artifacts_decide_nothing() -> None:
    for name, artifact in [
        ("now", carrying(SAVED)),
        ("save_memory", ["x"]),
        ("save_memory", {"decision": "x"}),
    ]:
        assert not decided_by_tools(called(name, ToolMessage("", tool_call_id="c1", artifact=artifact)))
    assert not decided_by_tools(
        called("save_memory", ToolMessage("", tool_call_id="c2", artifact=carrying(SAVED)))
    )

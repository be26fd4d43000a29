"""The question about a proposal, in the form of LangChain's human-in-the-loop cards, and what is read of an answer."""

from typing import Any

import pytest
from langchain.agents.middleware.human_in_the_loop import HITLRequest
from langgraph.types import Interrupt
from pydantic import TypeAdapter

from agents.approval import Decision, asked_about, decisions_in, request
from cli.questions import Questions, decision_in
from config.errors import UserError

ROW = {
    "id": "p1",
    "kind": "procedural",
    "status": "proposed",
    "text": "Answer briefly.",
    "quote": "Be brief.",
    "instead_of": "p0",
}


def test_only_what_waits_is_asked_about() -> None:
    rows = [ROW, {**ROW, "status": "active"}, {**ROW, "kind": "semantic"}, {"id": "x"}]
    assert asked_about(rows) == [ROW]


def test_the_question_is_what_langchains_cards_render() -> None:
    asked = request([ROW, ROW], [{"id": "p0", "text": "Answer at length."}])
    assert TypeAdapter(HITLRequest).validate_python(asked) == asked
    [first, second] = asked["action_requests"]
    assert first["args"] == {"instruction": "Answer briefly."}
    assert "“Be brief.”" in first["description"] and "Answer at length." in first["description"]
    assert asked["review_configs"] == [
        {"action_name": second["name"], "allowed_decisions": ["approve", "edit", "reject"]}
    ]


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ({"decisions": [{"type": "approve"}]}, Decision("approve")),
        ({"decisions": [{"type": "reject", "message": "no"}]}, Decision("reject", "no")),
        (
            {
                "decisions": [
                    {"type": "edit", "edited_action": {"name": "x", "args": {"instruction": "Be terse."}}}
                ]
            },
            Decision("edit", "Be terse."),
        ),
        ([{"type": "accept", "args": {}}], Decision("approve")),
        ([{"type": "ignore", "args": None}], Decision("reject")),
        ({"type": "approve"}, Decision("approve")),
        ({"decisions": []}, None),
        ({"decisions": [{"type": "respond", "message": "x"}]}, None),
        ({"decisions": [{"type": "edit", "edited_action": {"name": "x", "args": {"instruction": 3}}}]}, None),
        ({"decisions": [{"type": "edit"}]}, None),
        ({"decisions": "approve"}, None),
        ("yes", None),
        (None, None),
    ],
)
def test_an_answer_is_read_or_none(answer: Any, read: Decision | None) -> None:
    assert decisions_in(answer, 1) == [read]
    assert decisions_in(answer, 2) == [read, None]


@pytest.mark.parametrize(
    ("line", "kind"), [("y", "approve"), ("Yes.", "approve"), ("n", "reject"), ("NO", "reject")]
)
def test_a_letter_decides_in_the_terminal(line: str, kind: str) -> None:
    assert decision_in(line, {}) == {"type": kind}


def test_an_edit_carries_its_words_and_talk_is_no_decision() -> None:
    asked = request([ROW], [])["action_requests"][0]
    edit = decision_in("edit: Answer in one line.", dict(asked))
    assert edit == {
        "type": "edit",
        "edited_action": {"name": "keep_procedure", "args": {"instruction": "Answer in one line."}},
    }
    assert decision_in("Yes, and where do I live?", dict(asked)) is None
    assert decision_in("Everything else", dict(asked)) is None
    with pytest.raises(UserError, match="Write edit and then"):
        decision_in("edit", dict(asked))


def test_several_questions_are_taken_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    questions = Questions()
    assert questions.take("y") == (False, None)
    questions.ask([Interrupt(request([ROW, ROW], []), id="q1")])
    assert questions.take("y") == (True, None)
    assert questions.take("something else") == (False, None)
    assert questions.take("n") == (True, {"q1": {"decisions": [{"type": "approve"}, {"type": "reject"}]}})
    questions.close()
    assert questions.take("y") == (False, None)
    told = capsys.readouterr().out
    assert "Be brief." in told and "y · n · edit and your words · or just go on: it stays proposed" in told

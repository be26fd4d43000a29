"""What tools ask of a person in the terminal: of any form, several at once, and answered by their ids."""

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.store.memory import InMemoryStore
from langgraph.types import Send, interrupt

from agents.context import ChatContext
from agents.state import ChatState
from cli.chat import Terminal, _step
from cli.conversation import Conversation
from cli.questions import decision_in
from config.errors import UserError
from config.settings import Settings
from graphs.chat import Chat


@tool
def wire_money(amount: int, to: str = "Bob") -> str:
    """Wire money, once a person has agreed."""
    request = {"name": "wire_money", "args": {"amount": amount}, "description": f"Wire {amount}?"}
    [decision] = interrupt({"action_requests": [request], "review_configs": []})["decisions"]
    if decision["type"] == "reject":
        return "Rejected."
    args = decision["edited_action"]["args"] if decision["type"] == "edit" else request["args"]
    return f"Wired {args['amount']}."


@tool
def ask(what: Any) -> str:
    """Ask a person anything."""
    return f"They said {interrupt(what)!r}."


def _respond(state: ChatState) -> dict[str, Any]:
    """A model that calls what the message lists as JSON, and repeats what came of it."""
    results = [m.text for m in state["messages"] if isinstance(m, ToolMessage)]
    if isinstance(state["messages"][-1], ToolMessage):
        return {"messages": [AIMessage("It is done: " + " ".join(results))]}
    said = str(state["messages"][-1].text)
    calls = json.loads(said) if said.startswith("[") else []
    named = [{"name": name, "args": args, "id": f"call-{n}"} for n, (name, args) in enumerate(calls)]
    return {"messages": [AIMessage("" if named else "Let us talk.", tool_calls=named)]}  # type: ignore[arg-type]


def _sends(state: ChatState) -> list[Send]:
    return [Send("tools", [call]) for call in getattr(state["messages"][-1], "tool_calls", [])]


@pytest.fixture
def chat() -> Chat:
    builder = StateGraph(ChatState, context_schema=ChatContext)
    builder.add_node("respond", _respond)
    builder.add_node("tools", ToolNode([wire_money, ask]))
    builder.add_edge(START, "respond")
    builder.add_conditional_edges("respond", _sends, ["tools"])
    builder.add_edge("tools", "respond")
    return builder.compile(checkpointer=InMemorySaver(), store=InMemoryStore())


@pytest.fixture
def terminal(chat: Chat) -> Terminal:
    return Terminal(Conversation(chat, "ana"), Settings())


async def _lines(terminal: Terminal, *lines: str) -> list[str]:
    """What the tools gave, once these lines were typed."""
    for line in lines:
        await _step(terminal, line)
    return [m.text for m in await terminal.talk.messages() if isinstance(m, ToolMessage)]


def wire(*amounts: int) -> str:
    return json.dumps([["wire_money", {"amount": each}] for each in amounts])


async def test_an_edit_of_a_tools_argument_was_ignored(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await _lines(terminal, wire(5), "edit 7") == ["Wired 7."]
    told = capsys.readouterr().out
    assert "wire_money(amount=5)" in told
    assert "y · n · edit 5 · or just go on: it is not done" in told


async def test_an_edit_that_does_not_fit_leaves_the_question_open(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await _lines(terminal, wire(5), "edit lots") == []
    assert "amount is not of that sort: it was 5. Write edit 5." in capsys.readouterr().out
    assert await _lines(terminal, "y") == ["Wired 5."]


@pytest.mark.parametrize("asked", ["Which colour?", {"question": "Which colour?"}, ["red", "blue"], 7, None])
async def test_a_question_of_another_form_ended_the_terminal(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], asked: Any
) -> None:
    assert await _lines(terminal, json.dumps([["ask", {"what": asked}]]), "blue") == ["They said 'blue'."]
    told = capsys.readouterr().out
    assert "your next line is the answer" in told
    assert (asked if isinstance(asked, str) else json.dumps(asked)) in told


async def test_several_open_questions_are_answered_one_by_one_by_their_ids(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    both = json.dumps([*json.loads(wire(1, 2)), ["ask", {"what": "Which colour?"}]])
    told: list[str] = []
    for line in (both, "y", "n"):
        await _lines(terminal, line)
        told.append(capsys.readouterr().out)
    assert [
        asked in out for asked, out in zip(("Wire 1?", "Wire 2?", "Which colour?"), told, strict=True)
    ] == [True] * 3
    assert await _lines(terminal, "blue") == ["Wired 1.", "Rejected.", "They said 'blue'."]
    results = "".join(told) + capsys.readouterr().out.partition("agent")[0]
    assert results.count("Wired 1.") == 1 and results.count("Rejected.") == 1


async def test_an_open_question_is_asked_again_where_the_conversation_is_opened_again(
    terminal: Terminal, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    await _lines(terminal, wire(1, 2), "y")
    again = Terminal(Conversation(chat, "ana", terminal.talk.thread_id), Settings())
    capsys.readouterr()
    await again.resume()
    assert "Wire 2?" in capsys.readouterr().out
    assert await _lines(again, "y") == ["Wired 1.", "Wired 2."]


async def test_who_skips_a_question_or_goes_on_talking_begins_a_turn(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    colour = json.dumps([["ask", {"what": "Which colour?"}]])
    assert await _lines(terminal, colour, "/skip", "What a day.") == []
    assert await _lines(terminal, wire(5), "What a week.") == []
    assert capsys.readouterr().out.count("Let us talk.") == 2


async def test_the_same_words_said_again_after_an_answer_are_another_message(terminal: Terminal) -> None:
    assert await _lines(terminal, wire(5), "y", wire(5), "y") == ["Wired 5.", "Wired 5."]


ACTION = {
    "name": "book",
    "args": {"seats": 2, "name": "Ana", "window": True, "price": 1.5, "extras": ["tea"], "note": None},
    "allows": ["approve", "edit"],
}


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("edit seats=3", {"seats": 3}),
        ("e: name = Ana Lu = x", {"name": "Ana Lu = x"}),
        ("edit window=false", {"window": False}),
        ("edit price=2", {"price": 2}),
        ('edit extras=["tea", "cake"]', {"extras": ["tea", "cake"]}),
        ("edit note=by post", {"note": "by post"}),
    ],
)
def test_an_edit_names_one_of_several_arguments_and_keeps_its_sort(
    line: str, changed: dict[str, Any]
) -> None:
    decision = decision_in(line, ACTION)
    assert decision == {
        "type": "edit",
        "edited_action": {"name": "book", "args": {**ACTION["args"], **changed}},  # type: ignore[dict-item]
    }


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("edit 3", "several arguments, so say which one. Write edit seats=2."),
        ("edit seats=true", "seats is not of that sort: it was 2."),
        ("edit window=1", "window is not of that sort: it was true."),
        ("edit", "Write edit seats=2."),
        ("n", "That is not open here. What is: y · edit seats=2."),
    ],
)
def test_an_answer_that_does_not_fit_says_what_does(line: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        decision_in(line, ACTION)
    assert sentence in raised.value.sentence
    with pytest.raises(UserError, match="no arguments to edit"):
        decision_in("edit 3", {"name": "stop", "args": {}})

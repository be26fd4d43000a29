"""Tool calls in the graphs as they are: each is a task of its own, with its own question, and runs once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.prebuilt import ToolNode
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command, Interrupt, interrupt
from pydantic import BaseModel

from agents.context import ChatContext
from agents.conversation import with_answers_to_every_call, without_notice
from agents.nodes import respond
from agents.state import SHOWN
from agents.tools.session import add_task, list_tasks, write_note
from config.settings import settings
from graphs.chat import Chat, compile_chat
from graphs.team import compile_team
from graphs.undo import at, undo
from memory.short_term.savers import MemorySaver
from memory.short_term.timeline import steps

THREAD: RunnableConfig = {"configurable": {"thread_id": "00000000-0000-4000-8000-000000000001"}}
Call = tuple[str, dict[str, Any]]
SENT: list[str] = []


@tool
def wire_money(amount: int) -> str:
    """Wire money; a person approves it."""
    asked = {"name": "wire_money", "args": {"amount": amount}, "description": f"Wire {amount}?"}
    answer = interrupt({"action_requests": [asked], "review_configs": []})
    return f"Wired {amount}." if answer["decisions"][0]["type"] == "approve" else f"Rejected {amount}."


@tool
def send_mail(what: str) -> str:
    """Do something that happens in the world."""
    SENT.append(what)
    return f"Sent {what}."


@pytest.fixture(autouse=True)
def own_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every graph that is built has these tools, as if they stood in TOOLS."""
    mine = [wire_money, send_mail, add_task, write_note, list_tasks]

    def node(_: Any, **options: Any) -> ToolNode:
        return ToolNode(mine, **options)

    SENT.clear()
    for module in ("graphs.chat", "graphs.team"):
        monkeypatch.setattr(f"{module}.ToolNode", node)


@pytest.fixture(params=[compile_chat, compile_team], ids=["chat", "team"])
def chat(request: pytest.FixtureRequest) -> Chat:
    made: Chat = request.param(MemorySaver(), InMemoryStore())
    return made


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The model calls these tools, all at once, and then says "Done."."""

    def script(*calls: Call) -> None:
        listed = [{"name": name, "args": args, "id": f"c{n}"} for n, (name, args) in enumerate(calls)]
        answers: list[BaseMessage] = [AIMessage("", tool_calls=listed), AIMessage("Done.")]
        model = FakeMessagesListChatModel(responses=answers)
        monkeypatch.setattr(respond, "chat_model", lambda *_, **__: model)

    return script


async def say(chat: Chat, given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        given = {"messages": [HumanMessage(given)]}
    return await chat.ainvoke(given, THREAD)


def asked(values: dict[str, Any]) -> dict[str, str]:
    """What is asked, and under which id it is answered."""
    found: list[Interrupt] = list(values.get("__interrupt__", ()))
    return {each.value["action_requests"][0]["description"]: each.id for each in found}


def answers(to: dict[str, str], **kinds: str) -> Command[Any]:
    """An answer to each question of these amounts: `_1="approve"`."""
    return Command(
        resume={to[f"Wire {name[1:]}?"]: {"decisions": [{"type": kind}]} for name, kind in kinds.items()}
    )


def results(values: dict[str, Any]) -> list[str]:
    return [str(m.text) for m in values["messages"] if isinstance(m, ToolMessage)]


WIRES: list[Call] = [("wire_money", {"amount": 1}), ("wire_money", {"amount": 2})]


@pytest.mark.parametrize("first", ["_1", "_2"])
async def test_an_approval_landed_on_another_call_than_the_one_that_was_shown(
    chat: Chat, says: Callable[..., None], first: str
) -> None:
    says(*WIRES)
    questions = asked(await say(chat, "pay"))
    assert questions.keys() == {"Wire 1?", "Wire 2?"}
    assert len(set(questions.values())) == 2
    left = asked(await say(chat, answers(questions, **{first: "approve"})))
    other = "_2" if first == "_1" else "_1"
    assert left == {f"Wire {other[1:]}?": questions[f"Wire {other[1:]}?"]}
    values = await say(chat, answers(left, **{other: "reject"}))
    said = {first: f"Wired {first[1:]}.", other: f"Rejected {other[1:]}."}
    assert results(values) == [said["_1"], said["_2"]]
    assert values["messages"][-1].text == "Done."


async def test_all_questions_of_a_turn_are_answered_at_once(chat: Chat, says: Callable[..., None]) -> None:
    says(*WIRES)
    questions = asked(await say(chat, "pay"))
    assert results(await say(chat, answers(questions, _1="approve", _2="reject"))) == [
        "Wired 1.",
        "Rejected 2.",
    ]


async def test_a_call_beside_an_approval_ran_twice(chat: Chat, says: Callable[..., None]) -> None:
    says(("send_mail", {"what": "a letter"}), ("wire_money", {"amount": 5}))
    questions = asked(await say(chat, "pay and tell them"))
    assert SENT == ["a letter"]
    values = await say(chat, answers(questions, _5="approve"))
    assert SENT == ["a letter"]
    assert results(values) == ["Sent a letter.", "Wired 5."]


async def test_whoever_goes_on_talking_leaves_the_calls_undone(chat: Chat, says: Callable[..., None]) -> None:
    says(*WIRES)
    await say(chat, "pay")
    says()
    values = await say(chat, "never mind")
    assert not asked(values)
    assert (await chat.aget_state(THREAD)).next == ()
    assert results(values) == []


async def test_a_turn_that_waits_for_approvals_can_be_undone(chat: Chat, says: Callable[..., None]) -> None:
    says(*WIRES)
    await say(chat, "pay")
    await undo(chat, settings().user, THREAD["configurable"]["thread_id"])
    state = await chat.aget_state(at(THREAD["configurable"]["thread_id"]))
    assert (state.values["messages"], state.next, state.interrupts) == ([], (), ())


async def test_calls_read_and_write_the_session_and_answer_in_the_order_of_the_calls(
    chat: Chat, says: Callable[..., None]
) -> None:
    says(*[("add_task", {"title": f"task {n}"}) for n in range(12)])
    values = await say(chat, "plan")
    assert results(values) == [f"Added to the task list: task {n}." for n in range(12)]
    assert [(task["id"], task["title"]) for task in values["tasks"]] == [
        (n + 1, f"task {n}") for n in range(12)
    ]
    says(("list_tasks", {}), ("no_such_tool", {}), ("write_note", {"text": "x"}))
    values = await say(chat, "read")
    assert "12. [ ] task 11" in results(values)[12]
    assert "no_such_tool is not a valid tool" in results(values)[13]
    assert values["notes"] == ["x"]


async def test_each_result_is_streamed_once(chat: Chat, says: Callable[..., None]) -> None:
    says(("send_mail", {"what": "a"}), ("add_task", {"title": "b"}))
    told: list[str] = []
    given = {"messages": [HumanMessage("do")]}
    async for part in chat.astream(given, THREAD, stream_mode="updates"):
        told += [
            m.text for name, update in part.items() if name.endswith("tools") for m in update["messages"]
        ]
    assert sorted(told) == ["Added to the task list: b.", "Sent a."]


async def test_the_history_names_the_tools_once(chat: Chat, says: Callable[..., None]) -> None:
    says(("send_mail", {"what": "a"}), ("send_mail", {"what": "b"}))
    await say(chat, "do")
    told = steps([each async for each in chat.aget_state_history(THREAD)])
    [waits] = [step.next for step in told if any(name.endswith("tools") for name in step.next)]
    assert len(waits) == 1


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[BaseMessage]:
    """A model that calls a tool each time it is asked, whatever it is told; what it said."""
    said: list[BaseMessage] = []

    class Looping(FakeMessagesListChatModel):
        def _call_again(self) -> AIMessage:
            call = {"name": "send_mail", "args": {"what": "more"}, "id": f"c{len(said)}"}
            said.append(AIMessage("One more.", tool_calls=[call]))
            return AIMessage("One more.", tool_calls=[call])

        def _generate(self, *_: Any, **__: Any) -> ChatResult:
            return ChatResult(generations=[ChatGeneration(message=self._call_again())])

    monkeypatch.setattr(respond, "chat_model", lambda *_, **__: Looping(responses=[]))
    return said


async def test_a_model_that_heeds_no_limit_called_tools_for_ever(
    chat: Chat, loops: list[BaseMessage]
) -> None:
    values = await say(chat, "loop")
    rounds = settings().max_tool_rounds
    assert (len(SENT), len(loops)) == (rounds, rounds + 1)
    last = values["messages"][-1]
    assert (last.text, last.tool_calls) == (f"One more.\n\n{respond.STOPPED}", [])
    assert without_notice(last).strip() == "One more."
    assert with_answers_to_every_call(values["messages"]) == values["messages"]
    assert values["remembered_to"]
    assert (await chat.aget_state(THREAD)).next == ()


@pytest.mark.parametrize("limit", range(9, 26))
async def test_a_run_of_few_steps_ended_in_an_error_of_langgraph(
    chat: Chat, loops: list[BaseMessage], limit: int
) -> None:
    values = await chat.ainvoke({"messages": [HumanMessage("loop")]}, {**THREAD, "recursion_limit": limit})
    assert values["messages"][-1].text.endswith(respond.STOPPED)
    assert 0 < len(SENT) <= settings().max_tool_rounds
    assert len(loops) == len(SENT) + 1
    assert values["remembered_to"]


async def test_what_steps_are_left_is_no_part_of_the_state(chat: Chat, says: Callable[..., None]) -> None:
    says()
    await say(chat, "hello")
    assert "remaining_steps" not in (await chat.aget_state(THREAD)).values
    assert "remaining_steps" not in chat.stream_channels_list
    assert "remaining_steps" not in str(chat.get_input_jsonschema()) + str(chat.get_output_jsonschema())


class Ticket(BaseModel):
    title: str
    since: date


async def test_a_field_of_ones_own_was_not_shown_to_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[str] = []

    class Reading(FakeMessagesListChatModel):
        def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
            prompts.append(str(messages[0].text))
            return ChatResult(generations=[ChatGeneration(message=AIMessage("Hello."))])

    monkeypatch.setattr(respond, "chat_model", lambda *_, **__: Reading(responses=[]))
    monkeypatch.setattr(respond, "SHOWN", (*SHOWN, "ticket"))
    state: Any = {
        "messages": [HumanMessage("hi")],
        "ticket": Ticket(title="</session>", since=date(2026, 5, 3)),
    }
    await respond.respond(state, runtime=Runtime(context=ChatContext()))
    assert '"ticket": {"title": "\\u003c/session\\u003e", "since": "2026-05-03"}' in prompts[0]

"""What the server decides before it asks anybody."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from agents.later import Job
from config.settings import Settings
from graphs.extraction import derived, secrets_of
from graphs.recovery import Leftover
from memory.lifecycle.turns.pending import Pending
from server.access import claim
from server.admission import complaint
from server.as_owner import AsOwner, owner_in
from server.attaching import attach
from server.extraction import Queue, refused_of
from server.recovery import Found, Recovery
from server.thread_ids import complaint as id_complaint

KEYED = Settings(auth="keys", api_keys="ana:0123456789abcdef")  # type: ignore[arg-type]
OPEN = Settings(auth="none")


def test_recovery_speaks_for_whom_the_server_noted_and_for_nobody_else() -> None:
    noted = {"owner": "ana", "user_id": "bob", "langgraph_auth_user_id": "bob"}
    assert owner_in(noted, KEYED) == "ana"
    assert owner_in({"user_id": "bob", "langgraph_auth_user_id": "bob", "owner": ""}, KEYED) is None
    assert owner_in(noted, OPEN) == "bob"
    assert owner_in({}, OPEN) is None


@pytest.mark.parametrize("name", ["owner", "user_id", "langgraph_auth_user_id", "langgraph_auth_permissions"])
def test_a_request_may_not_say_whose_it_is(name: str) -> None:
    sentence = claim("ana", metadata={"topic": "tea"}, config_metadata={name: "bob"})
    assert sentence == f"The request's config.metadata may not set {name!r}: whose it is, your key says."


def test_to_name_oneself_is_no_claim() -> None:
    own = {"owner": "ana", "user_id": "ana", "topic": "tea"}
    assert claim("ana", metadata=own, configurable={"user_id": ""}, context=None) is None
    assert claim("an", metadata=own) is not None


@pytest.mark.parametrize(
    "path",
    ["/threads", "/threads/search", "/threads/count", f"/threads/{uuid.UUID(int=1)}/state", "/runs/wait"],
)
def test_paths_that_name_no_thread_or_a_real_one_pass(path: str) -> None:
    assert id_complaint(path) is None


@pytest.mark.parametrize("bad", ["x", "", "..", "a b", "1" * 10_000, "\x00"])
def test_a_thread_id_that_is_no_uuid_is_named_shortly(bad: str) -> None:
    sentence = id_complaint(f"/threads/{bad}/runs/wait")
    assert sentence is not None
    assert "is not a UUID" in sentence
    assert len(sentence) < 200


def test_runs_that_are_fine_pass() -> None:
    human = {"role": "user", "content": "hi"}
    for given in (None, {}, {"messages": []}, {"messages": [human]}, {"messages": human}, {"messages": "hi"}):
        assert complaint({"input": given, "config": {"configurable": {}}, "context": {}}) is None
    assert (
        complaint({"context": {"user_id": "u"}, "config": {"configurable": {"__context_provided__": True}}})
        is None
    )


def test_an_older_clients_configurable_is_not_held_against_it() -> None:
    mirrored = {"thread_id": "t", "x-own": "1", "model": "offline"}
    assert complaint({"config": {"configurable": mirrored}, "context": mirrored}) is None
    wrong = {**mirrored, "recall_limit": 0}
    assert "recall_limit is 0" in str(complaint({"config": {"configurable": wrong}, "context": wrong}))


def test_a_sentence_is_short_and_names_the_field() -> None:
    given = {"config": {"configurable": {"__context_provided__": True}}}
    sentence = complaint({**given, "context": {"user_id": "u" * 5000}})
    assert sentence is not None
    assert sentence.startswith("The context's user_id is 'uuu")
    assert len(sentence) < 200
    assert "\n" not in sentence
    assert str(complaint({**given, "context": {"colour": "red"}})).startswith(
        "The context has no field 'colour'"
    )


@dataclass
class Recorder:
    """Stands in for the server: keeps what it is asked and answers 200, with {} unless something else is told."""

    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = json.loads(await request.body() or b"{}")
        self.asked.append((scope["path"], request.headers.get("x-api-key", ""), body))
        told = self.answers.get(f"{scope['method']} {scope['path']}", {})
        await JSONResponse(told)(scope, receive, send)


LEFT = [
    Found("t1", "ana", rest=Leftover("t", {"messages": []})),
    Found("t2", "bob", rest=Leftover("t", None)),
    Found("t3", None, rest=None),
]


AGES_AGO = datetime(2026, 5, 3, 12, tzinfo=UTC)


def _recovery(app: ASGIApp, configured: Settings) -> Recovery:
    owner = AsOwner(app, configured)
    return Recovery(owner, Queue(owner, configured), configured)


async def _recovered(
    monkeypatch: pytest.MonkeyPatch, configured: Settings, waiting: dict[str, list[Pending]] | None = None
) -> Recorder:
    async def find(*_: object) -> tuple[list[Found], list[str]]:
        return LEFT, []

    async def find_waiting(*_: object) -> dict[str, list[Pending]]:
        return waiting or {}

    monkeypatch.setattr("server.recovery.find_threads", find)
    monkeypatch.setattr("server.recovery.find_pending", find_waiting)
    recorder = Recorder()
    assert await _recovery(recorder, configured).once(None) is True
    return recorder


async def test_recovery_without_keys_names_the_threads_user(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = (await _recovered(monkeypatch, OPEN)).asked
    assert [body["thread_id"] for path, _, body in asked if path == "/threads"] == ["t3", "t2", "t1"]
    assert all(body["if_exists"] == "do_nothing" for path, _, body in asked if path == "/threads")
    runs = [
        (path, body["context"], body["input"], body["multitask_strategy"])
        for path, _, body in asked
        if path != "/threads"
    ]
    assert runs == [
        ("/threads/t1/runs", {"user_id": "ana"}, {"messages": []}, "enqueue"),
        ("/threads/t2/runs", {"user_id": "bob"}, None, "enqueue"),
    ]


async def test_recovery_with_keys_speaks_with_the_owners_key_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = (await _recovered(monkeypatch, KEYED)).asked
    assert [(path, key) for path, key, _ in asked] == [
        ("/threads", "0123456789abcdef"),
        ("/threads/t1/runs", "0123456789abcdef"),
    ]
    assert asked[-1][2]["context"] == {}


ROW = {"thread_id": "t1", "metadata": {"graph_id": "agent"}, "values": None}
SAID, WRITTEN = "2026-05-03T10:00:00+00:00", "2026-05-04T10:00:00+00:00"
KNOTS = {"title": "Which knots should I know?"}
ASKED = {"type": "human", "content": KNOTS["title"], "additional_kwargs": {"mnemograph": {"said_at": SAID}}}
STATE = {"values": {"messages": [ASKED, {"type": "ai", "content": "Three."}]}, "created_at": WRITTEN}
UNMARKED = {**STATE, "values": {"messages": [{**ASKED, "additional_kwargs": {}}]}}


@pytest.mark.parametrize(
    ("row", "state", "told"),
    [
        (ROW, STATE, {**KNOTS, "last_said_at": SAID}),
        (ROW, UNMARKED, {**KNOTS, "last_said_at": WRITTEN}),
        ({**ROW, "values": {"messages": []}}, STATE, None),
        ({**ROW, "status": "busy"}, STATE, None),
        ({**ROW, "metadata": {"title": "Knots"}}, STATE, {"last_said_at": SAID}),
        ({**ROW, "metadata": {"title": "Knots", "last_said_at": SAID}}, STATE, None),
        (
            {**ROW, "metadata": {**KNOTS, "last_said_at": "2026-05-02T10:00:00+00:00"}},
            STATE,
            {"last_said_at": SAID},
        ),
        (ROW, {"values": {}, "created_at": WRITTEN}, None),
    ],
    ids=[
        "terminal",
        "no marks",
        "ran here",
        "runs here",
        "named by a person",
        "known",
        "went on",
        "nothing said",
    ],
)
async def test_a_row_that_the_server_makes_gets_the_first_words_as_its_title_and_the_time_of_the_last(
    row: dict[str, Any], state: dict[str, Any], told: dict[str, str] | None
) -> None:
    recorder = Recorder(answers={"POST /threads": row, "GET /threads/t1/state": state})
    owner = AsOwner(recorder, OPEN)
    assert await attach(lambda method, path, body: owner.ask(method, path, None, body), "t1") is True
    assert [body for path, _, body in recorder.asked if path == "/threads/t1"] == (
        [{"metadata": told}] if told else []
    )


async def test_a_thread_that_may_not_be_opened_gets_no_row() -> None:
    recorder = Recorder()
    owner = AsOwner(recorder, OPEN)
    assert await attach(lambda method, path, body: owner.ask(method, path, None, body), "t1") is False
    assert [path for path, _, _ in recorder.asked] == ["/threads"]


@pytest.mark.parametrize(
    ("configured", "key", "context"),
    [(OPEN, "", {"user_id": "ana"}), (KEYED, "0123456789abcdef", {})],
    ids=["open", "keys"],
)
async def test_an_extraction_that_was_lost_is_queued_again_for_its_own_user(
    monkeypatch: pytest.MonkeyPatch, configured: Settings, key: str, context: dict[str, str]
) -> None:
    waiting = {
        "ana": [
            Pending("e1", "t1", "m1", AGES_AGO),
            Pending("e2", "t1", "m2", AGES_AGO),
            Pending("e3", "t9", "m3", datetime.now(UTC)),
        ]
    }
    asked = (await _recovered(monkeypatch, configured, waiting)).asked
    runs = [each for each in asked if each[2].get("assistant_id") == "extraction"]
    assert [(path, given_key) for path, given_key, _ in runs] == [
        (f"/threads/{derived('t1', 'ana', key)}/runs", key)
    ]
    assert runs[0][2]["context"] == context
    assert runs[0][2]["input"] == {"thread": "t1"}
    assert runs[0][2]["multitask_strategy"] == "enqueue"


async def test_a_turn_is_queued_after_a_pause_and_gives_way_to_the_next_one() -> None:
    configured = Settings(remember="background", remember_after_s=2.5)
    recorder = Recorder()
    queue = Queue(AsOwner(recorder, configured), configured)
    assert queue.ready
    await asyncio.to_thread(queue.take, Job("ana", "t1", "openai:small"))
    await asyncio.sleep(0)
    await queue.aclose()
    [(path, _, body)] = recorder.asked
    assert path == f"/threads/{derived('t1', 'ana')}/runs"
    assert (body["after_seconds"], body["multitask_strategy"], body["if_not_exists"]) == (
        3,
        "rollback",
        "create",
    )
    assert body["context"] == {"user_id": "ana", "extraction_model": "openai:small"}
    assert derived("t1", "bob") != derived("t1", "ana") != derived("t2", "ana")


async def test_an_extraction_that_is_refused_counts_as_failed_until_it_is_taken() -> None:
    path = f"/threads/{derived('t1', 'clara')}/runs"
    for answers, failed in (({}, 1), ({}, 1), ({f"POST {path}": {"run_id": "r1"}}, 0)):
        queue = Queue(AsOwner(Recorder(answers=answers), OPEN), OPEN)
        await queue.post(Job("clara", "t1"))
        assert refused_of("clara") == failed


def test_no_neighbour_can_tell_where_a_users_turns_are_extracted() -> None:
    ids = {derived("t1", "ana", secret) for secret in ("", "0123456789abcdef", "fedcba9876543210")}
    assert len(ids) == 3
    assert secrets_of("ana", KEYED) == ["0123456789abcdef"]
    assert secrets_of("ana", OPEN) == []


async def test_a_failing_recovery_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> tuple[list[Found], list[str]]:
        raise OSError("the disk is gone")

    monkeypatch.setattr("server.recovery.find_threads", fail)
    assert await _recovery(Recorder(), OPEN).once(None) is False
    assert "recovery failed, it is tried again: OSError" in caplog.text

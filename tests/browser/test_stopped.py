"""A reply that is stopped: what it had said stays, on the page, in the thread and for the model."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Response, expect

from tests.browser.fixtures import opened
from tests.browser.talk import Talk
from tests.browser.watch import Watch
from tests.services.dev_server import DevServer, running_dev_server
from tests.services.openai_server import API_KEY, OpenAIServer

BEGUN = "Once upon a time there was a lighthouse"


@pytest.fixture(scope="module")
def model() -> Iterator[OpenAIServer]:
    server = OpenAIServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def model_server(model: OpenAIServer) -> Iterator[DevServer]:
    """One whose replies come from a model that can be made to linger."""
    given = {"OPENAI_API_KEY": API_KEY, "OPENAI_BASE_URL": model.base_url}
    with running_dev_server(**given, MNEMOGRAPH_MODEL="openai:gpt-test") as running:
        yield running


@pytest.fixture
def stopped(chromium: Browser, model_server: DevServer, model: OpenAIServer) -> Iterator[Talk]:
    """A conversation whose first reply was stopped in the middle."""
    context = opened(chromium, model_server.url)
    watch = Watch(model_server.url).over(context)
    page = context.new_page()
    page.goto("/")
    talk = Talk(page)
    model.stall(BEGUN)
    talk.box.fill("Tell me a story.")
    talk.box.press("Enter")
    expect(talk.reply).to_contain_text(BEGUN)
    with page.expect_response(_is_kept):
        page.get_by_role("button", name="Stop").click()
    talk.settled()
    yield talk
    context.close()
    if faults := watch.seen():
        pytest.fail("\n".join(faults), pytrace=False)


def _is_kept(response: Response) -> bool:
    return response.ok and response.request.method == "POST" and "/mnemograph/threads/" in response.url


def _rows(server: DevServer) -> int:
    return len(httpx.get(f"{server.url}/mnemograph/threads", timeout=60).json()["threads"])


def test_what_it_had_said_stays_and_the_model_knows_it(
    stopped: Talk, model_server: DevServer, model: OpenAIServer
) -> None:
    expect(stopped.reply).to_contain_text(re.compile(f"{BEGUN}.*You stopped it here", re.DOTALL))
    stopped.page.reload()
    expect(stopped.reply).to_contain_text(re.compile(f"{BEGUN}.*You stopped it here", re.DOTALL))
    model.forget()
    stopped.say("Go on, please.")
    assert any(each.get("content") == BEGUN for each in model.chats[0]["messages"])
    state = httpx.get(f"{model_server.url}/threads/{stopped.thread_id}/state", timeout=60).json()
    assert [each["type"] for each in state["values"]["messages"]] == ["human", "ai", "human", "ai"]


def test_another_one_is_asked_for_in_its_place(stopped: Talk, model: OpenAIServer) -> None:
    model.say("A dog barked. The end.")
    stopped.reply.get_by_role("button", name="Another reply").click()
    expect(stopped.reply).to_contain_text("The end.")
    expect(stopped.reply).not_to_contain_text(BEGUN)
    stopped.settled()
    expect(stopped.reply.get_by_role("group", name="Versions")).to_contain_text("2/2")


def test_it_is_undone_as_any_other_turn(stopped: Talk) -> None:
    """After a stop the page went on showing what the stream had brought, whatever became of it."""
    stopped.page.get_by_role("button", name="Undo the last turn").click()
    expect(stopped.turns).to_have_count(0)


def test_what_is_stopped_before_anything_was_kept_is_given_back(
    chromium: Browser, model_server: DevServer, model: OpenAIServer
) -> None:
    """The message was gone, with an error in the console."""
    context = opened(chromium, model_server.url)
    watch = Watch(model_server.url).over(context)
    page = context.new_page()
    page.goto("/")
    talk = Talk(page)
    before = _rows(model_server)
    model.stall("")
    talk.box.fill("Tell me a story.")
    talk.box.press("Enter")
    page.get_by_role("button", name="Stop").click()
    expect(talk.box).to_have_value("Tell me a story.")
    # It stayed in the list as a new conversation, also after a reload.
    assert _rows(model_server) == before
    expect(talk.conversations).to_have_count(before)
    model.forget()
    model.say("A dog barked. The end.")
    talk.box.press("Enter")
    expect(talk.reply).to_contain_text("The end.")
    talk.settled()
    page.reload()
    expect(talk.reply).to_contain_text("The end.")
    context.close()
    # A thread without a first step has no history to read.
    assert [fault for fault in watch.seen() if "404" not in fault] == []

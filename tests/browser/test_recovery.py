"""The server is killed in the middle of an answer: the page waits, and goes on without being loaded anew."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.fixtures import opened
from tests.browser.talk import Talk
from tests.browser.watch import Watch
from tests.services.dev_server import DevServer, running_dev_server

# As a function: a string the page's own policy would not let it evaluate a second time.
BROUGHT = """() => performance.getEntriesByType('resource').some(
  part => part.name.includes('/HealthRoom-') && part.responseStatus === 200)"""


@pytest.fixture
def own_server() -> Iterator[DevServer]:
    """One that nobody signs in to, and that may be killed."""
    with running_dev_server() as running:
        yield running


@pytest.fixture
def own_page(chromium: Browser, own_server: DevServer) -> Iterator[Page]:
    context = opened(chromium, own_server.url)
    watch = Watch(own_server.url).over(context)
    watch.forgive(r"net::ERR_|Failed to fetch|network error")
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()
    if faults := watch.seen():
        pytest.fail("\n".join(faults), pytrace=False)


def test_a_killed_server_loses_and_doubles_nothing(own_page: Page, own_server: DevServer) -> None:
    page, talk = own_page, Talk(own_page)
    talk.say("I live in Porto.")
    page.evaluate("window.loaded = 'once'")
    # The rooms are brought when the page has nothing else to do: one that is not there opens from no server.
    page.wait_for_function(BROUGHT)
    talk.box.fill("I have a cat named Miso.")
    talk.box.press("Enter")
    expect(talk.turns).to_have_count(2)
    killed = own_server.kill("server")
    expect(page.get_by_text("The server is away")).to_be_visible()
    talk.box.fill("Half a thought")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    expect(page.get_by_text("The server is away")).to_have_count(0)
    expect(talk.turns).to_have_count(2)
    talk.settled()
    expect(talk.turns.locator(".bubble")).to_have_text(["I live in Porto.", "I have a cat named Miso."])
    expect(talk.turns.last.locator(".markdown").first).not_to_be_empty()
    expect(talk.box).to_have_value("Half a thought")
    assert own_server.pids()["server"] != killed

    kept = httpx.get(f"{own_server.url}/threads/{talk.thread_id}/state", timeout=60).json()["values"]
    assert [each["type"] for each in kept["messages"]] == ["human", "ai"] * 2
    found = httpx.get(f"{own_server.url}/mnemograph/memories", params={"kind": "semantic"}, timeout=60).json()
    assert len([each for each in found["memories"] if "Miso" in each["text"]]) == 1
    talk.say("What is my cat called?")
    expect(talk.reply).to_contain_text("Miso")

    own_server.kill("server")
    talk.go("Memories")
    expect(page.get_by_role("alert").first).to_contain_text("The server")
    expect(page.locator("article.memory.semantic").first).to_be_visible()
    assert page.evaluate("window.loaded") == "once"


def test_a_room_that_did_not_come_while_the_server_was_away_comes_by_itself(
    own_page: Page, own_server: DevServer
) -> None:
    page = own_page
    page.evaluate("window.loaded = 'once'")
    # The page is there, and its rooms are not yet.
    own_server.stop()
    Talk(page).go("Memories")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    Talk(page).go("Chat")
    Talk(page).go("Memories")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    own_server.start()
    expect(page.get_by_role("heading", name="Memories")).to_be_visible()
    page.wait_for_function(BROUGHT)
    for room in ("Map", "Health"):
        Talk(page).go(room)
        expect(page.get_by_role("main")).to_be_visible()
    # With its styles: what failed before they came would be brought without them.
    expect(page.locator("main")).to_have_css("overflow-y", "auto")
    assert page.evaluate("window.loaded") == "once"

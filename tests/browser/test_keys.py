"""Where the server asks for a key, the page asks for it once, keeps it to itself, and shows what is one's own alone."""

import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.fixtures import key_of, opened
from tests.browser.talk import Talk
from tests.browser.watch import Watch
from tests.services.dev_server import DevServer


@pytest.fixture
def stranger(chromium: Browser, keys_server: DevServer) -> Iterator[tuple[Page, Watch]]:
    """A browser that has no key yet."""
    context = opened(chromium, keys_server.url)
    watch = Watch(keys_server.url).over(context)
    yield context.new_page(), watch
    context.close()
    if faults := watch.seen():
        pytest.fail("\n".join(faults), pytrace=False)


def test_the_key_is_asked_for_once_and_stands_in_no_address(stranger: tuple[Page, Watch], user: str) -> None:
    page, watch = stranger
    watch.forgive(r"401 \(Unauthorized\)")
    key, talk = key_of(user), Talk(page)
    page.goto("/")
    field = page.get_by_label("This server asks for a key.")
    expect(field).to_have_attribute("type", "password")
    field.fill("not-the-key-0123456789")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("key")
    field.fill(key)
    page.get_by_role("button", name="Go on").click()
    talk.say("I live in Porto.")
    for room in ("Memories", "Map", "Health", "Chat"):
        talk.go(room)
        expect(page.get_by_role("main")).to_be_visible()
        assert key not in page.url
        assert key not in str(page.evaluate("JSON.stringify(history.state)"))
    page.reload()
    expect(page.get_by_role("main")).to_be_visible()
    expect(field).to_have_count(0)
    assert [url for url in watch.requests if key in url or "not-the-key" in url] == []
    assert page.evaluate("document.cookie") == ""
    assert key not in page.content()


def test_who_signs_out_leaves_nothing_to_the_next_one(stranger: tuple[Page, Watch], user: str) -> None:
    page, watch = stranger
    watch.forgive(r"401 \(Unauthorized\)")
    talk, field = Talk(page), page.get_by_label("This server asks for a key.")
    page.goto("/")
    field.fill(key_of(user))
    page.get_by_label("Keep it on this device").check()
    field.press("Enter")
    talk.say("I live in Porto.")
    talk.box.fill("Half a thought")
    expect(page.get_by_role("navigation", name="Rooms")).to_contain_text(user)
    page.get_by_role("button", name="Sign out").click()
    expect(field).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Porto")
    assert page.evaluate("JSON.stringify([Object.keys(sessionStorage), Object.keys(localStorage)])") in (
        '[[],["mnemograph.panel"]]',
        "[[],[]]",
    )
    page.reload()
    field.fill(key_of("ana-58"))
    field.press("Enter")
    expect(page.get_by_role("heading", name="What is on your mind?")).to_be_visible()
    expect(talk.conversations).to_have_count(0)
    expect(talk.box).to_have_value("")


def test_the_conversation_of_another_is_a_kind_sentence(
    page: Page, watch: Watch, keys_server: DevServer
) -> None:
    headers = {"x-api-key": key_of("ana-60")}
    thread = str(uuid.uuid4())
    said = {"input": {"messages": [{"role": "user", "content": "My secret is a blue door."}]}}
    with httpx.Client(base_url=keys_server.url, headers=headers, timeout=120) as other:
        told = other.post(
            f"/threads/{thread}/runs/wait", json={"assistant_id": "agent", "if_not_exists": "create", **said}
        )
        assert told.status_code == 200
    watch.forgive(r"404 \(Not Found\)")
    page.goto(f"/#/c/{thread}")
    expect(page.get_by_role("alert").first).to_contain_text("There is no such conversation here")
    expect(page.get_by_text("Nothing can be said in it")).to_be_visible()
    page.goto(f"/#/time/{thread}")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("blue door")

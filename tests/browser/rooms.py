"""Every room of the page in turn, each with something open in it: to be audited or looked at."""

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.browser.stage import Stage
from tests.browser.talk import Talk

PHONE = {"width": 390, "height": 844}


def sign_in(page: Page) -> None:
    """The form that asks for a key."""
    page.goto("/")
    expect(page.get_by_label("This server asks for a key.")).to_be_visible()


def rooms(page: Page, stage: Stage, *, phone: bool) -> Iterator[str]:
    """Goes to each and gives its name as soon as it stands."""
    yield from _chat(page, stage, phone=phone)
    yield from _memories(page)
    page.goto("/#/map")
    expect(page.locator("button.group").first).to_be_visible()
    yield "map"
    page.locator("button.group").first.click()
    page.locator("button.member").first.click()
    expect(page.get_by_role("region", name="The chosen memory").locator("article")).to_be_visible()
    yield "map, a memory chosen"
    yield from _time(page, stage)
    page.goto("/#/health")
    expect(page.get_by_text("All parts are well.")).to_be_visible()
    yield "health"


def _chat(page: Page, stage: Stage, *, phone: bool) -> Iterator[str]:
    talk = Talk(page)
    page.goto("/")
    expect(page.get_by_role("heading", name="What is on your mind?")).to_be_visible()
    if not phone:
        expect(talk.conversations).to_have_count(3)
    yield "chat, a new conversation"
    page.goto(f"/#/c/{stage.told}")
    expect(page.locator("article.turn pre .hljs-keyword").first).to_be_visible()
    yield "chat, markdown and code"
    page.goto(f"/#/c/{stage.talked}")
    expect(talk.turns).to_have_count(3)
    if phone:
        page.get_by_role("button", name="Conversations", exact=True).click()
        expect(talk.conversations.first).to_be_visible()
        yield "chat, the list of conversations over it"
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Memory", exact=True).click()
    used = talk.panel.locator(".memoryrow").first
    used.get_by_role("button").first.click()
    expect(used.locator("article.memory")).to_be_visible()
    talk.panel.get_by_text("What was decided, and why").click()
    yield "chat, a memory opened beside it"
    page.goto(f"/#/c/{stage.asks}")
    expect(page.get_by_role("region", name="A question to you")).to_be_visible()
    yield "chat, a question"


def _memories(page: Page) -> Iterator[str]:
    page.goto("/#/memories")
    # Behind those that wait; the list may grow below it.
    first = page.get_by_role("feed").last.locator("article.memory.semantic").first
    expect(first).to_be_visible()
    first.get_by_role("button", name="Open").click()
    expect(first.get_by_role("button", name="Forget")).to_be_visible()
    yield "memories"
    first.get_by_role("button", name="Edit").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    yield "memories, one edited"
    for view, seen in (
        ("timeline", page.locator("article.memory").first),
        ("instructions", page.locator("article.memory.procedural").first),
        ("decisions", page.locator(".decisions li").first),
        ("sharing", page.get_by_role("main").get_by_role("heading", level=2).first),
        ("data", page.get_by_role("button", name="Erase …")),
    ):
        page.goto(f"/#/memories?view={view}")
        expect(seen).to_be_visible()
        yield f"memories, {view}"
    page.get_by_role("button", name="Erase …").click()
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_visible()
    yield "memories, the question before all is erased"
    page.keyboard.press("Escape")


def _time(page: Page, stage: Stage) -> Iterator[str]:
    page.goto(f"/#/time/{stage.talked}")
    steps = page.locator("button.dot")
    expect(steps.first).to_be_visible()
    expect(page.get_by_role("heading", name="The state at this point")).to_be_visible()
    yield "time"
    page.get_by_role("button", name="Compare to here (B)").click()
    steps.nth(3).click()
    page.get_by_role("button", name="Compare from here (A)").click()
    expect(page.locator(".diff li").first).to_be_visible()
    yield "time, two points compared"

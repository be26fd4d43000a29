"""What a person does in the chat, and where things stand on the page."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True)
class Talk:
    page: Page

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def turns(self) -> Locator:
        return self.page.locator("article.turn")

    @property
    def reply(self) -> Locator:
        """The newest."""
        return self.turns.last.locator(".reply")

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("complementary", name="Memory")

    @property
    def learned(self) -> Locator:
        """What the turn in view taught, beside the chat."""
        part = self.page.locator(".panelpart").filter(has=self.page.get_by_text("Learned from this turn"))
        return part.locator(".memoryrow")

    @property
    def conversations(self) -> Locator:
        return self.page.get_by_role("complementary", name="Conversations").locator("a.link")

    @property
    def thread_id(self) -> str:
        found = re.search(r"#/(?:c|time)/([^/?]+)", self.page.url)
        assert found, self.page.url
        return found[1]

    def say(self, text: str) -> None:
        """Says it, and waits for the end of the answer."""
        before = self.turns.count()
        self.box.fill(text)
        self.box.press("Enter")
        expect(self.turns).to_have_count(before + 1)
        expect(self.turns.last.locator(".bubble")).to_have_text(text)
        self.settled()

    def settled(self) -> None:
        expect(self.turns.last.get_by_role("button", name="Copy the reply")).to_be_visible()
        expect(self.page.get_by_role("button", name="Send")).to_be_visible()

    def begin(self) -> None:
        """A new conversation."""
        self.page.get_by_role("button", name="New conversation").first.click()
        expect(self.turns).to_have_count(0)
        expect(self.page.get_by_role("heading", name="What is on your mind?")).to_be_visible()

    def go(self, where: str) -> None:
        """By the page's own navigation: nothing is loaded anew."""
        self.page.get_by_role("navigation", name="Rooms").get_by_role("link", name=where).click()


def card(page: Page, text: str) -> Locator:
    """The memory that says this."""
    return page.locator("article.memory").filter(has_text=text).first

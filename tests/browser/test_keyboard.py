"""Everything by the keyboard alone: no test here touches the mouse."""

from playwright.sync_api import Page, expect

from tests.browser.talk import Talk

NAME = """() => {
  const found = document.activeElement;
  return found === document.body ? "" : (found.ariaLabel ?? found.innerText);
}"""


def to(page: Page, name: str, *, most: int = 60) -> None:
    """Tab until the focus is on what has this name."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if name in str(page.evaluate(NAME)):
            return
    raise AssertionError(f"Tab never leads to {name!r}")


def test_a_conversation_its_memory_and_the_way_back(page: Page) -> None:
    talk, keys = Talk(page), page.keyboard
    expect(talk.box).to_be_visible()
    keys.press("/")
    expect(talk.box).to_be_focused()
    keys.type("I am allergic to peanuts.")
    keys.press("Enter")
    expect(talk.turns).to_have_count(1)
    talk.settled()
    expect(talk.box).to_be_focused()
    keys.press("Control+k")
    expect(talk.turns).to_have_count(0)
    expect(talk.box).to_be_focused()
    keys.type("What am I allergic to?")
    keys.press("Shift+Enter")
    keys.type("Tell me again.")
    keys.press("Enter")
    expect(talk.turns.locator(".bubble")).to_have_text("What am I allergic to? Tell me again.")
    talk.settled()
    expect(talk.reply).to_contain_text("peanuts")

    keys.press("Control+Shift+m")
    expect(talk.panel).to_have_count(0)
    keys.press("Control+Shift+m")
    expect(talk.panel).to_be_visible()
    to(page, "peanuts")
    keys.press("Enter")
    expect(talk.panel.locator("article.memory")).to_be_visible()
    to(page, "See it in the conversation")
    keys.press("Enter")
    expect(page.locator("[data-marked=human] .bubble")).to_have_text("I am allergic to peanuts.")
    page.go_back()
    expect(talk.turns.locator(".bubble")).to_contain_text("Tell me again.")


def test_the_keys_are_told_and_lists_are_gone_along_with_arrows(page: Page) -> None:
    talk, keys = Talk(page), page.keyboard
    for text in ("I live in Porto.", "My sister is a baker."):
        talk.say(text)
        keys.press("Control+k")
        expect(talk.turns).to_have_count(0)
    page.evaluate("document.activeElement.blur()")
    keys.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("New conversation")
    keys.press("Escape")
    expect(dialog).to_have_count(0)
    keys.press("Control+Shift+f")
    expect(page.get_by_role("searchbox", name="Search conversations")).to_be_focused()
    to(page, "My sister is a baker.")
    keys.press("ArrowDown")
    expect(talk.conversations.nth(1)).to_be_focused()
    keys.press("Enter")
    expect(talk.turns.locator(".bubble")).to_have_text("I live in Porto.")

    to(page, "Memories", most=80)
    keys.press("Enter")
    opens = page.locator("article.memory .more")
    expect(opens.first).to_be_visible()
    keys.press("/")
    expect(page.get_by_role("searchbox", name="Search your memories")).to_be_focused()
    to(page, "Open")
    expect(opens.first).to_be_focused()
    keys.press("ArrowDown")
    expect(opens.nth(1)).to_be_focused()
    keys.press("Enter")
    expect(opens.nth(1)).to_have_attribute("aria-expanded", "true")
    to(page, "Forget")
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")

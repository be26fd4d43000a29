"""Conversations: what is told in one is known in the next; a turn is undone, told otherwise, asked about."""

import re

import httpx
from playwright.sync_api import Page, expect

from tests.browser.talk import Talk

CHEERS = "From now on end every answer with Cheers."
CHEERED = re.compile(r"Cheers[.!]?\s*$")


def facts(http: httpx.Client) -> list[str]:
    found = http.get("/mnemograph/memories", params={"kind": "semantic", "status": "active"}).json()[
        "memories"
    ]
    return [each["text"] for each in found]


def test_what_one_conversation_taught_the_next_one_knows(page: Page) -> None:
    talk = Talk(page)
    talk.say("I am allergic to peanuts.")
    expect(talk.learned).to_contain_text(["allergic to peanuts"])
    first, said = talk.thread_id, str(talk.turns.first.get_attribute("data-turn"))
    talk.begin()
    talk.say("What am I allergic to?")
    assert talk.thread_id != first
    expect(talk.reply).to_contain_text("peanuts")
    used = talk.panel.locator(".memoryrow.used").first
    expect(used).to_contain_text("matched “allergic”")
    expect(used).to_contain_text("you said this today")
    used.get_by_role("button").first.click()
    used.get_by_role("link", name="See it in the conversation").click()
    marked = page.locator("[data-marked=human]")
    expect(marked).to_be_in_viewport()
    expect(marked.locator(".bubble")).to_have_text("I am allergic to peanuts.")
    assert page.url.endswith(f"#/c/{first}?message={said}")


def test_a_turn_is_undone_with_what_it_taught_and_brought_back(page: Page, http: httpx.Client) -> None:
    talk = Talk(page)
    talk.say("I live in Porto.")
    talk.say("I have a cat named Miso.")
    assert any("Miso" in text for text in facts(http))
    page.get_by_role("button", name="Undo the last turn").click()
    expect(page.get_by_text("1 fact and the words of the turn went with it.")).to_be_visible()
    expect(talk.turns).to_have_count(1)
    expect(page.locator(".messages")).not_to_contain_text("Miso")
    assert facts(http) and not any("Miso" in text for text in facts(http))
    page.get_by_role("button", name="Redo the turn that was undone").click()
    expect(page.get_by_text("1 fact and the words of the turn came back with it.")).to_be_visible()
    expect(talk.turns).to_have_count(2)
    assert any("Miso" in text for text in facts(http))
    talk.begin()
    talk.say("What is my cat called?")
    expect(talk.reply).to_contain_text("Miso")


def test_a_message_said_otherwise_is_another_version(page: Page) -> None:
    talk = Talk(page)
    talk.say("I live in Porto.")
    talk.say("My brother is a pilot.")
    first = talk.turns.first
    first.hover()
    first.get_by_role("button", name="Edit the message").click()
    box = first.get_by_role("textbox", name="Edit the message")
    box.fill("I live in Vigo.")
    box.press("Enter")
    expect(talk.turns).to_have_count(1)
    expect(talk.turns.first.locator(".bubble")).to_have_text("I live in Vigo.")
    talk.settled()
    versions = talk.turns.first.get_by_role("group", name="Versions")
    expect(versions).to_contain_text("2/2")
    versions.get_by_role("button", name="The version before").click()
    expect(talk.turns.locator(".bubble")).to_have_text(["I live in Porto.", "My brother is a pilot."])
    expect(versions).to_contain_text("1/2")
    page.reload()
    expect(talk.turns.locator(".bubble")).to_have_text(["I live in Porto.", "My brother is a pilot."])
    expect(versions).to_contain_text("1/2")
    versions.get_by_role("button", name="The version after").click()
    expect(talk.turns.locator(".bubble")).to_have_text(["I live in Vigo."])
    assert "?" not in page.url
    versions.get_by_role("button", name="The version before").click()
    expect(talk.turns).to_have_count(2)
    assert "?at=" in page.url
    talk.say("And I like swimming.")
    said = ["I live in Porto.", "My brother is a pilot.", "And I like swimming."]
    expect(talk.turns.locator(".bubble")).to_have_text(said)
    assert "?" not in page.url
    page.reload()
    expect(talk.turns.locator(".bubble")).to_have_text(said)
    versions.get_by_role("button", name="The version after").click()
    expect(talk.turns.locator(".bubble")).to_have_text(["I live in Vigo."])
    talk.say("And I like rowing.")
    expect(talk.turns.locator(".bubble")).to_have_text(["I live in Vigo.", "And I like rowing."])


def test_a_wish_that_is_approved_in_the_chat_shapes_the_next_reply(page: Page) -> None:
    talk = Talk(page)
    talk.say(CHEERS)
    question = page.get_by_role("region", name="A question to you")
    expect(question).to_contain_text("End every answer with Cheers.")
    question.get_by_role("button", name="Yes, always").click()
    expect(question).to_have_count(0)
    talk.settled()
    talk.begin()
    talk.say("My sister is a baker.")
    expect(talk.reply.locator(".markdown").last).to_have_text(CHEERED)
    expect(talk.panel.get_by_text("Instructions it followed")).to_be_visible()


def test_a_wish_that_is_rejected_among_the_memories_shapes_nothing(page: Page) -> None:
    talk = Talk(page)
    talk.say(CHEERS)
    expect(page.get_by_role("region", name="A question to you")).to_be_visible()
    talk.go("Memories")
    waiting = page.locator("article.memory", has_text="End every answer with Cheers.").first
    expect(waiting).to_contain_text("Waits for your yes")
    waiting.get_by_role("button", name="Reject").click()
    waiting.get_by_label("Why not?").fill("I was joking.")
    waiting.get_by_role("button", name="Reject", exact=True).click()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    talk.go("Chat")
    talk.say("My sister is a baker.")
    expect(talk.reply.locator(".markdown").last).not_to_have_text(CHEERED)
    expect(talk.panel.get_by_text("Instructions it followed")).to_have_count(0)
    talk.go("Memories")
    page.get_by_role("link", name="Instructions").click()
    ended = page.get_by_role("region", name="Not in force")
    ended.get_by_role("button", name="Open").click()
    expect(ended.get_by_text("I was joking.")).to_be_visible()

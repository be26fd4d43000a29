"""The room of memories: each can be corrected, kept or let go, and all of it taken along, erased and brought back."""

import json
import re
from pathlib import Path

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.talk import Talk
from tests.browser.watch import Watch


def fact(page: Page, text: str) -> Locator:
    return page.locator("article.memory.semantic").filter(has_text=text).first


def test_a_memory_is_edited_pinned_taken_back_and_forgotten(
    page: Page, http: httpx.Client, watch: Watch
) -> None:
    talk = Talk(page)
    talk.say("I live in Porto.")
    talk.say("I have a cat named Miso.")
    talk.go("Memories")

    home = fact(page, "Porto")
    home.get_by_role("button", name="Open").click()
    home.get_by_role("button", name="Edit").click()
    words = page.get_by_role("textbox", name="What is so")
    changed = words.input_value().replace("Porto", "Vigo")
    words.fill(changed)
    page.get_by_role("button", name="Save").click()
    home = fact(page, "Vigo")
    expect(home.locator("p.said")).to_have_text(changed)
    history = home.get_by_role("region", name="History").get_by_role("listitem")
    expect(history).to_have_count(2)
    expect(history.first).to_contain_text("Porto")
    expect(history.first).to_contain_text("until")

    home.get_by_role("button", name="Pin").click()
    expect(home.locator(".tag", has_text="Pinned")).to_be_visible()

    cat = fact(page, "Miso")
    cat.get_by_role("button", name="Open").click()
    cat.get_by_role("button", name="It is wrong").click()
    cat.get_by_label("Why is it wrong?").fill("The cat is a dog.")
    cat.get_by_role("button", name="Take it back").click()
    expect(cat).to_contain_text("Taken back")
    expect(cat).to_contain_text("The cat is a dog.")

    page.reload()
    expect(page.get_by_text("1 replaced, 1 taken back are hidden.")).to_be_visible()
    expect(fact(page, "Miso")).to_have_count(0)
    page.get_by_role("button", name="Show them").click()
    expect(fact(page, "Miso")).to_contain_text("Taken back")
    page.get_by_role("button", name="Clear filters").click()
    home.get_by_role("button", name="Open").click()
    forgotten = home.get_attribute("data-memory")
    home.get_by_role("button", name="Forget").click()
    asked = page.get_by_role("dialog", name="Forget this for good?")
    expect(asked).to_contain_text(changed)
    asked.get_by_role("button", name="Forget for good").click()
    expect(asked).to_have_count(0)
    expect(page.locator("article.memory.semantic").filter(has_text="Vigo")).to_have_count(0)

    kept = http.get("/mnemograph/memories", params={"kind": "semantic", "status": "active"}).json()[
        "memories"
    ]
    assert not any(word in each["text"] for each in kept for word in ("Vigo", "Porto", "Miso"))
    watch.forgive(r"404 \(Not Found\)")
    page.goto(f"/#/memories/{forgotten}")
    expect(page.get_by_role("alert")).to_contain_text("There is no such memory here")


def test_what_was_forgotten_stands_beside_no_turn_any_more(page: Page) -> None:
    """Earlier turns told it on, from the states of their time, even after a reload."""
    talk = Talk(page)
    talk.say("I live in Porto.")
    talk.say("Where do I live?")
    talk.say("Thanks.")
    for turn in (0, 1):
        talk.turns.nth(turn).get_by_role("button", name=re.compile("new|used|recalled")).click()
        expect(talk.panel).to_contain_text("The user lives in Porto.")
    row = talk.panel.locator(".memoryrow").filter(has_text="The user lives in Porto.").first
    row.get_by_role("button").first.click()
    row.get_by_role("button", name="Forget").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget for good").click()
    for _ in range(2):
        for turn in (0, 1):
            talk.turns.nth(turn).get_by_role("button", name=re.compile("new|used|recalled")).click()
            expect(talk.panel).to_contain_text("no longer kept")
            expect(talk.panel).to_contain_text("What was decided, and why")
            talk.panel.get_by_text("What was decided, and why").click()
            expect(talk.panel).not_to_contain_text("One moment")
            expect(talk.panel).not_to_contain_text("lives in Porto")
        page.reload()
        talk.settled()
    page.get_by_role("link", name="The conversation's timeline").click()
    page.get_by_role("button", name="Learned").first.click()
    expect(page.locator(".point-step")).to_contain_text("What stood here is no longer kept.")
    expect(page.locator(".state")).to_contain_text("I live in Porto.")
    expect(page.locator("main")).not_to_contain_text("lives in Porto")


def test_what_was_kept_of_a_turn_and_what_was_not_is_told_with_the_reason(page: Page) -> None:
    talk = Talk(page)
    talk.say("I live in Porto.")
    talk.say("I live in Braga now.")
    talk.panel.get_by_text("What was decided, and why").click()
    decided = talk.panel.locator(".decisions li")
    expect(decided).to_have_count(1)
    expect(decided).to_contain_text("Kept, ends another")
    decided.get_by_role("link", name="What it concerns").click()
    expect(page.locator("article.memory").first).to_contain_text("Porto")
    page.goto("/#/memories?view=decisions")
    turns = page.locator(".decidedturn")
    expect(turns).to_have_count(2)
    turns.last.get_by_role("link", name="See it in the conversation").click()
    expect(page.locator("article.turn[data-marked=human]")).to_contain_text("I live in Porto.")


def test_a_search_finds_by_meaning_and_says_why(page: Page) -> None:
    talk = Talk(page)
    for text in ("I live in Porto.", "I am allergic to peanuts.", "My sister is a baker."):
        talk.say(text)
    talk.go("Memories")
    page.get_by_role("searchbox", name="Search your memories").fill("which food is dangerous for me")
    expect(page.get_by_role("status")).to_contain_text("found, the most fitting first")
    expect(page.locator("article.memory").first).to_contain_text("peanuts")
    expect(page.locator("article.memory").first).to_contain_text("Found because:")


def test_everything_is_taken_along_erased_and_brought_back(
    page: Page, http: httpx.Client, user: str, tmp_path: Path
) -> None:
    talk = Talk(page)
    talk.say("I live in Porto.")
    talk.say("I am allergic to peanuts.")
    talk.go("Memories")
    page.get_by_role("link", name="Your data").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert json.loads(file.read_text())["user"] == user

    page.get_by_role("button", name="Erase …").click()
    asked = page.get_by_role("dialog", name="Erase everything for good?")
    counts = http.get("/mnemograph/memories/counts").json()["counts"]
    expect(asked).to_contain_text(f"{counts['memory_items']} memories and notes about them")
    expect(asked).to_contain_text("1 conversation")
    erase = asked.get_by_role("button", name="Erase everything")
    expect(erase).to_be_disabled()
    asked.get_by_role("textbox").fill(user)
    erase.click()
    expect(page.get_by_text("Nothing is left.")).to_be_visible()
    assert set(http.get("/mnemograph/memories/counts").json()["counts"].values()) <= {0}
    talk.go("Memories")
    expect(page.get_by_text("Nothing is remembered yet.")).to_be_visible()

    page.get_by_role("link", name="Your data").click()
    page.get_by_label("A file that was downloaded here").set_input_files(file)
    expect(page.get_by_text("came in")).to_contain_text("and 1 conversation came in.")
    talk.go("Memories")
    expect(fact(page, "peanuts")).to_be_visible()
    talk.go("Chat")
    talk.say("Where do I live?")
    expect(talk.reply).to_contain_text("Porto")

"""200 messages and 5,000 memories: the browser has hardly more to do for them than for a few."""

import uuid

import httpx
from playwright.sync_api import Page, expect

from tests.browser import seeds
from tests.browser.large import (
    CHANGED,
    FAR_DOWN,
    LAID_OUT,
    STEP,
    TO_THE_NEXT_PAGE,
    WATCH_CHANGES,
    Meter,
    scroller,
)
from tests.browser.talk import Talk

TURNS = 100
MEMORIES = 5_000
READ = 2_000
# Measured: 3 to 5 times the work of an empty list. A list that lays all of it out, or draws all of it again, has 20.
MORE_WORK = 9


def test_a_conversation_of_200_messages(page: Page, http: httpx.Client) -> None:
    thread, talk = str(uuid.uuid4()), Talk(page)
    said = [f"Part {number} of it. " + "Some more words follow. " * 12 for number in range(2 * TURNS)]
    seeds.bring_in(http, [seeds.conversation(said, thread)])
    seeds.named(http, thread)
    meter = Meter(page)
    expect(talk.box).to_be_visible()
    talk.say("I live in Porto.")
    began = meter.read()["ThreadTime"]
    talk.say("My brother is a pilot.")
    alone = meter.read()["ThreadTime"] - began
    few = meter.work_of(STEP, ".messages", -400, times=15)
    page.goto(f"/#/c/{thread}")
    expect(talk.turns).to_have_count(TURNS)
    expect(talk.turns.last).to_be_in_viewport()
    assert page.eval_on_selector_all("article.turn", LAID_OUT) < TURNS / 4
    assert meter.work_of(STEP, ".messages", -400, times=40) < MORE_WORK * few

    page.eval_on_selector(".messages", FAR_DOWN)
    page.eval_on_selector(".messages", WATCH_CHANGES)
    words = "I have a cat named Miso, and she is nine."
    talk.box.press_sequentially(words)
    assert sum(page.evaluate(CHANGED).values()) < len(words) / 2, "each letter draws the conversation again"
    talk.box.fill("")
    first = page.locator("article.turn").first.element_handle()
    answered = meter.read()["ThreadTime"]
    talk.say("My sister is a baker.")
    assert meter.read()["ThreadTime"] - answered < MORE_WORK * alone
    changed = page.evaluate(CHANGED)
    changed.pop(str(talk.turns.last.get_attribute("data-turn")))
    # The buttons of earlier turns go and come back once; what is written draws none of them again.
    assert max(changed.values(), default=0) <= 8
    assert first.evaluate("(turn) => turn.isConnected")


def test_a_list_of_5000_memories(page: Page, http: httpx.Client) -> None:
    text = "The user keeps the plant number {} on shelf {}, and waters it on Mondays."
    found = [seeds.memory(text.format(n, n % 40), n, embedded=False) for n in range(MEMORIES)]
    seeds.bring_in(http, found)
    meter = Meter(page)
    Talk(page).go("Memories")
    expect(page.locator("article.memory").first).to_be_visible()
    box = scroller(page)
    few = meter.work_of(STEP, box, 300, times=20)
    while page.evaluate(TO_THE_NEXT_PAGE, box) < READ:
        pass
    there = page.locator("article.memory").count()
    assert page.eval_on_selector_all("article.memory", LAID_OUT) < there / 20
    now = meter.read()
    assert now["LayoutObjects"] < now["Nodes"]
    assert meter.work_of(STEP, box, -300, times=40) < MORE_WORK * few

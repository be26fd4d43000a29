"""200 messages and 5,000 memories: the browser has hardly more to do for them than for a few."""

import uuid

import httpx
from playwright.sync_api import Page, expect

from tests.browser import seeds
from tests.browser.large import LAID_OUT, STEP, WATCH_CHANGES, Meter
from tests.browser.talk import Talk

MEMORIES = 5_000
TURNS = 100


def scroller(page: Page) -> str:
    """What scrolls the list of memories."""
    return str(
        page.evaluate(
            """() => {
              let box = document.querySelector("article.memory");
              while (box && !/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement;
              (box ?? document.scrollingElement).id ||= "scroller";
              return `#${(box ?? document.scrollingElement).id}`;
            }"""
        )
    )


def test_a_conversation_of_200_messages(page: Page, http: httpx.Client) -> None:
    thread, talk = str(uuid.uuid4()), Talk(page)
    said = [
        f"{'Message' if n % 2 == 0 else 'Reply'} number {n}. " + "Some more words. " * 12
        for n in range(2 * TURNS)
    ]
    seeds.bring_in(http, [seeds.conversation(said, thread)])
    seeds.named(http, thread)
    meter = Meter(page)
    talk.say("I live in Porto.")
    few = meter.work_of(STEP, ".messages", -80, 15)
    page.goto(f"/#/c/{thread}")
    expect(talk.turns).to_have_count(TURNS)
    expect(talk.turns.last).to_be_in_viewport()
    laid_out = page.eval_on_selector_all("article.turn", LAID_OUT)
    many = meter.work_of(STEP, ".messages", -400, 40)
    print(f"turns laid out {laid_out}/{TURNS}; scroll step {few * 1e3:.2f} -> {many * 1e3:.2f} ms")
    page.eval_on_selector(".messages", WATCH_CHANGES)
    talk.box.press_sequentially("I have a cat named Miso.")
    typed = page.evaluate("window.changes.length")
    talk.box.press("Enter")
    expect(talk.turns).to_have_count(TURNS + 1)
    talk.settled()
    earlier = page.evaluate(
        """(last) => Object.values(window.changes.filter((turn) => turn && turn !== last)
          .reduce((all, turn) => ({ ...all, [turn]: (all[turn] ?? 0) + 1 }), {}))""",
        talk.turns.last.get_attribute("data-turn"),
    )
    print(f"typed {typed}; earlier turns changed {len(earlier)}, at most {max(earlier, default=0)}")
    print(meter.read())


def test_a_list_of_5000_memories(page: Page, http: httpx.Client) -> None:
    records = [
        seeds.memory(
            f"The user keeps the plant number {n} on shelf {n % 40}, and waters it.", n, embedded=False
        )
        for n in range(MEMORIES)
    ]
    seeds.bring_in(http, records)
    meter = Meter(page)
    Talk(page).go("Memories")
    cards = page.locator("article.memory")
    expect(cards.first).to_be_visible()
    box = scroller(page)
    few = meter.work_of(STEP, box, 300, 20)
    print(cards.count(), few, meter.read())
    told = page.get_by_text("5,000 memories", exact=True)
    for _ in range(MEMORIES // 100):
        page.eval_on_selector(box, "(box) => box.scrollTo(0, box.scrollHeight)")
        count = cards.count()
        if told.count():
            break
        page.wait_for_function("(n) => document.querySelectorAll('article.memory').length > n", arg=count)
    expect(told).to_be_visible()
    expect(cards).to_have_count(MEMORIES)
    laid_out = page.eval_on_selector_all("article.memory", LAID_OUT)
    many = meter.work_of(STEP, box, -700, 40)
    print(f"cards laid out {laid_out}; step {few * 1e3:.2f} -> {many * 1e3:.2f} ms", meter.read())

"""What the browser itself counts of its work, in its own processor time: how busy this machine is decides nothing."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from playwright.sync_api import Page

# How many cards or turns the browser lays out: of the others it knows, and skips them.
LAID_OUT = """(all) => all.filter((each) =>
  each.firstElementChild?.checkVisibility({ contentVisibilityAuto: true })).length"""
STEP = """async (box, by) => {
  box.scrollBy(0, by);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
FAR_DOWN = "(box) => box.scrollTo(0, box.scrollHeight)"
# Live collections cost nothing to look at.
TO_THE_NEXT_PAGE = """async (selector) => {
  const box = document.querySelector(selector);
  const cards = document.getElementsByTagName("article");
  const had = cards.length;
  while (cards.length === had) {
    // What is laid out for the first time moves the end away.
    box.scrollTo(0, box.scrollHeight);
    await new Promise((done) => setTimeout(done, 30));
  }
  return cards.length;
}"""
WATCH_CHANGES = """(box) => {
  window.changed = {};
  new MutationObserver((records) => {
    for (const { target } of records) {
      const turn = (target.nodeType === 1 ? target : target.parentElement)?.closest("[data-turn]")?.dataset.turn;
      if (turn) window.changed[turn] = (window.changed[turn] ?? 0) + 1;
    }
  }).observe(box, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
CHANGED = "window.changed"
_SCROLLER = """() => {
  let box = document.querySelector("article.memory");
  while (box && !/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement;
  const found = box ?? document.scrollingElement;
  found.id ||= "scroller";
  return `#${found.id}`;
}"""


def scroller(page: Page) -> str:
    """What scrolls the list of memories."""
    return str(page.evaluate(_SCROLLER))


@dataclass
class Meter:
    """The browser's own measures of one page."""

    page: Page

    def __post_init__(self) -> None:
        self._session = self.page.context.new_cdp_session(self.page)
        self._session.send("Performance.enable")

    def read(self) -> dict[str, float]:
        told: dict[str, Any] = self._session.send("Performance.getMetrics")
        return {each["name"]: each["value"] for each in told["metrics"]}

    def work_of(self, what: str, element: str, given: object, *, times: int) -> float:
        """The main thread's processor time for one of these, the median of many."""
        spent = []
        for _ in range(times):
            before = self.read()["ThreadTime"]
            self.page.eval_on_selector(element, what, given)
            spent.append(self.read()["ThreadTime"] - before)
        return median(spent)

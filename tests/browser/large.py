"""What the browser itself counts of its work, through its own protocol: no clock of this machine decides anything."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from playwright.sync_api import Page

# The cards or turns that the browser lays out: the others it knows of and skips.
LAID_OUT = """(all) => all.filter((each) =>
  each.firstElementChild?.checkVisibility({ contentVisibilityAuto: true })).length"""
STEP = """async (box, by) => {
  box.scrollBy(0, by);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
WATCH_CHANGES = """(box) => {
  window.changes = [];
  const turnOf = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest("article")?.dataset.turn ?? "";
  window.watching = new MutationObserver((records) => window.changes.push(...records.map((each) => turnOf(each.target))));
  window.watching.observe(box, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


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

    def work_of(self, what: str, element: str, given: object, times: int) -> float:
        """The main thread's work for one of these, the median of many."""
        spent = []
        for _ in range(times):
            before = self.read()["TaskDuration"]
            self.page.eval_on_selector(element, what, given)
            spent.append(self.read()["TaskDuration"] - before)
        return median(spent)

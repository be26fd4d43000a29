"""On a phone nothing is cut and nothing lies upon another."""

from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import seeds
from tests.browser.stage import FACTS
from tests.browser.talk import Talk

PHONE = {"width": 390, "height": 844}
WIDER = "(box) => box.scrollWidth - box.clientWidth"


@pytest.fixture
def phone(page: Page, http: httpx.Client) -> Page:
    """With memories of many months."""
    seeds.bring_in(http, [seeds.memory(text, 8 * number) for number, text in enumerate(FACTS * 3)])
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    return page


def test_the_views_of_memories_and_the_names_of_months_fit(phone: Page) -> None:
    """Half of the views could be had by scrolling sideways alone, and months' names lay upon each other."""
    phone.goto("/#/memories?view=timeline")
    views = phone.get_by_role("navigation", name="Views of your memories")
    expect(views.get_by_role("link")).to_have_count(6)
    assert views.evaluate(WIDER) <= 0
    for link in views.get_by_role("link").all():
        expect(link).to_be_in_viewport(ratio=1)
    months = phone.get_by_role("list", name="Months")
    expect(months.get_by_role("listitem").nth(5)).to_be_attached()
    expect(months.locator(".soft").last).to_be_in_viewport(ratio=1)
    names = [box(each) for each in months.locator(".soft").all()]
    assert len(names) > 1
    assert all(one[1] <= other[0] for one, other in pairwise(names))
    assert names[0][0] >= box(months)[0] and names[-1][1] <= box(months)[1] + 1


def box(of: Locator) -> tuple[float, float]:
    """From where to where it goes."""
    found = of.bounding_box()
    assert found
    return found["x"], found["x"] + found["width"]


def test_the_title_of_a_turn_stays_in_sight_in_its_timeline(page: Page) -> None:
    talk = Talk(page)
    talk.say("I live in Porto.")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(f"/#/time/{talk.thread_id}")
    strip = page.get_by_role("region", name="Steps, the earliest first")
    expect(strip.locator("[aria-current=step]")).to_be_in_viewport()
    assert strip.evaluate("(box) => box.scrollLeft") > 0
    expect(strip.get_by_text("I live in Porto.")).to_be_in_viewport(ratio=1)

"""axe finds nothing serious in any room: light and dark, on a desk and on a phone."""

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import audit
from tests.browser.fixtures import DESK, key_of, opened
from tests.browser.rooms import PHONE, rooms, sign_in
from tests.browser.stage import Stage, staged
from tests.browser.watch import Watch
from tests.services.dev_server import DevServer

LOOKS = [("light", "desk"), ("dark", "phone")]
"""Each scheme and each size once; `python -m tests.browser.axe_report` looks at all four."""


@pytest.fixture(scope="module")
def stage(keys_server: DevServer) -> tuple[str, Stage]:
    """One user whose rooms are looked at in every way."""
    who = "ana-59"
    headers = {"x-api-key": key_of(who)}
    with httpx.Client(base_url=keys_server.url, headers=headers, timeout=120) as http:
        return who, staged(http)


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_axe_finds_nothing_serious(
    scheme: str, size: str, stage: tuple[str, Stage], chromium: Browser, keys_server: DevServer
) -> None:
    who, told = stage
    given = {
        "color_scheme": scheme,
        "viewport": DESK if size == "desk" else PHONE,
        "reduced_motion": "reduce",
    }
    context = opened(chromium, keys_server.url, key_of(who), **given)
    watch = Watch(keys_server.url).over(context)
    page = context.new_page()
    grave = []
    for name in rooms(page, told, phone=size == "phone"):
        found = audit(page)
        assert found.passed > 10, name
        grave += [f"{name}: {each}" for each in found.grave]
    context.close()
    assert watch.seen() == []
    assert grave == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_where_the_key_is_asked_for(
    scheme: str, chromium: Browser, keys_server: DevServer
) -> None:
    context = opened(chromium, keys_server.url, color_scheme=scheme)
    page: Page = context.new_page()
    sign_in(page)
    found = audit(page)
    context.close()
    assert found.grave == [] and found.passed > 5


def test_axe_would_find_something(page: Page) -> None:
    expect(page.get_by_role("main")).to_be_visible()
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')")
    assert [each.rule for each in audit(page).grave] == ["button-name"]

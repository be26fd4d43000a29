"""One browser and one server for all tests here; each test has a user and a browser context of its own."""

import itertools
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.asked import CHROMIUM
from tests.browser.watch import Watch
from tests.services.dev_server import DevServer, running_dev_server

# Nothing here waits for this long, unless it fails.
PATIENCE_MS = 20_000
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK = {"width": 1280, "height": 800}
USERS = [f"ana-{number}" for number in range(1, 61)]
_numbers = itertools.count()


def key_of(user: str) -> str:
    return f"{user}-0123456789abcdef"


def opened(browser: Browser, origin: str, key: str = "", **options: object) -> BrowserContext:
    """A context that has signed in already, as a browser that kept the key."""
    given = {"viewport": DESK, "locale": "en-GB", "timezone_id": "Europe/Lisbon", **options}
    made = browser.new_context(base_url=origin, **given)  # type: ignore[arg-type]
    made.set_default_timeout(PATIENCE_MS)
    if key:
        keep = f"sessionStorage.setItem('mnemograph.key', '{key}')"
        made.add_init_script(f"if (location.origin === '{origin}') {keep}")
    return made


# Of a package, and not of the session: while Playwright runs, no other event loop can run in its thread.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def keys_server() -> Iterator[DevServer]:
    keys = ",".join(f"{user}:{key_of(user)}" for user in USERS)
    with running_dev_server(MNEMOGRAPH_AUTH="keys", MNEMOGRAPH_API_KEYS=keys) as running:
        yield running


@pytest.fixture
def user() -> str:
    """Somebody of whom nothing is known yet."""
    return USERS[next(_numbers)]


@pytest.fixture
def http(keys_server: DevServer, user: str) -> Iterator[httpx.Client]:
    """The server's routes, as this user."""
    headers = {"x-api-key": key_of(user)}
    with httpx.Client(base_url=keys_server.url, headers=headers, timeout=120) as client:
        yield client


@pytest.fixture
def context(chromium: Browser, keys_server: DevServer, user: str) -> Iterator[BrowserContext]:
    made = opened(chromium, keys_server.url, key_of(user))
    yield made
    made.close()


@pytest.fixture
def watch(context: BrowserContext, keys_server: DevServer) -> Iterator[Watch]:
    watching = Watch(keys_server.url).over(context)
    yield watching
    if faults := watching.seen():
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """The page at a new conversation; what goes wrong in it fails the test at its end."""
    made = context.new_page()
    made.goto("/")
    return made

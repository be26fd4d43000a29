"""`python -m tests.browser.screenshots FOLDER`: the README's pictures, of a story that is told to the running page."""

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import seeds
from tests.browser.asked import CHROMIUM, missing
from tests.browser.fixtures import DESK, FLAGS, PATIENCE_MS, opened
from tests.browser.rooms import PHONE
from tests.browser.stage import FACTS, say
from tests.browser.talk import Talk
from tests.services.dev_server import running_dev_server

MARCH = (
    "Where am I at home?",
    "You have not told me yet.",
    "I live in Porto.",
    "Thanks, I'll keep that in mind.",
)
MONDAY = (
    "My sister Inês is visiting me next week.",
    "I am allergic to peanuts.",
    "When is my sister visiting me?",
)
MOVED = "I moved to Lisbon last week."
MORE = (
    "The user grows tomatoes on the balcony.",
    "The user planted a lemon tree.",
    "The user waters the garden in the evening.",
    "The user keeps bees with a neighbour.",
    "The user sows basil in April.",
    "The user dries lavender.",
    "The user reads crime novels on the train.",
    "The user is reading a biography of Amália Rodrigues.",
    "The user's favourite writer is Clarice Lispector.",
    "The user belongs to a reading circle.",
    "The user collects old atlases.",
    "The user borrows books from the city library.",
    "The user plays the cello.",
    "The user sings alto in a choir.",
    "The user listens to fado at night.",
    "The user has tickets for a concert in May.",
    "The user practises scales every evening.",
    "The user went to Japan last spring.",
    "The user wants to see Iceland.",
    "The user prefers trains to planes.",
    "The user keeps a travel diary.",
    "The user was in Goa with her grandmother.",
    "The user walks the Way of Saint James in stages.",
)


def main() -> int:
    if len(sys.argv) != 2:
        print("Give the folder: python -m tests.browser.screenshots docs/pictures")
        return 2
    if said := missing():
        print(said)
        return 1
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE_MS)
    with running_dev_server(MNEMOGRAPH_USER="ana") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        with httpx.Client(base_url=server.url, timeout=120) as http:
            monday = told(http)
        for name, look, room in (
            ("chat", {}, chat),
            ("chat-dark", {"color_scheme": "dark"}, chat_again),
            ("memory", {}, memory),
            ("map", {}, map_room),
            ("diff", {}, time_room),
            ("phone", {"viewport": PHONE, "device_scale_factor": 2}, phone),
        ):
            with picture(browser, server.url, folder / f"{name}.png", look) as page:
                room(page, monday)
        browser.close()
    return 0


@contextmanager
def picture(browser: Browser, origin: str, path: Path, look: dict[str, object]) -> Iterator[Page]:
    context = opened(browser, origin, **{"viewport": DESK, "reduced_motion": "reduce", **look})
    page = context.new_page()
    page.goto("/")
    yield page
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled", caret="hide")
    context.close()
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def told(http: httpx.Client) -> str:
    """Monday's conversation, whose id this gives, between what was said in spring and the facts of some months."""
    march, monday = str(uuid.uuid4()), str(uuid.uuid4())
    home = seeds.memory("The user lives in Porto.", 2, thread=march, category="location", quote=MARCH[2])
    seeds.bring_in(http, [home, seeds.conversation(MARCH, march)])
    seeds.named(http, march, "Where I live")
    for text in MONDAY:
        say(http, monday, text)
    seeds.named(http, monday, "Inês is coming")
    facts = [seeds.memory(text, number) for number, text in enumerate((*FACTS[1:], *MORE), start=10)]
    seeds.bring_in(http, facts)
    return monday


def chat(page: Page, monday: str) -> None:
    """A new conversation that knows what the last one told, and why."""
    talk = Talk(page)
    talk.say(MOVED)
    talk.say("What am I allergic to?")
    expect(talk.panel.locator(".memoryrow.used").first).to_be_visible()


def chat_again(page: Page, monday: str) -> None:
    talk = Talk(page)
    page.goto(f"/#/c/{monday}")
    expect(talk.turns).to_have_count(len(MONDAY))
    expect(talk.panel.locator(".memoryrow.used").first).to_be_visible()


def memory(page: Page, monday: str) -> None:
    """A fact with its evidence and what it took the place of."""
    Talk(page).go("Memories")
    page.get_by_role("button", name="Facts", exact=True).click()
    home = page.locator("article.memory.semantic").filter(has_text="Lisbon").first
    home.get_by_role("button", name="Open").click()
    expect(home.get_by_role("region", name="History")).to_be_visible()


def map_room(page: Page, monday: str) -> None:
    Talk(page).go("Map")
    expect(page.locator("button.group").first).to_be_visible()


def time_room(page: Page, monday: str) -> None:
    """What the last turn changed in the short-term memory."""
    page.goto(f"/#/time/{monday}")
    steps = page.get_by_role("region", name="Steps, the earliest first")
    expect(steps.get_by_role("button", name="Replied")).to_have_count(len(MONDAY))
    page.get_by_role("button", name="Compare to here (B)").click()
    steps.get_by_role("button", name="Replied").nth(1).click()
    page.get_by_role("button", name="Compare from here (A)").click()
    expect(page.locator(".diff li").first).to_be_visible()


def phone(page: Page, monday: str) -> None:
    talk = Talk(page)
    page.goto(f"/#/c/{monday}")
    expect(talk.turns).to_have_count(len(MONDAY))


if __name__ == "__main__":
    sys.exit(main())

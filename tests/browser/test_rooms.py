"""Time, health and map: what they show, and where they lead."""

import re
import uuid

import httpx
from playwright.sync_api import Page, expect

from tests.browser import seeds
from tests.browser.stage import FACTS, say
from tests.browser.talk import Talk

# A dot of the map has a colour of its own; words and ground have none.
FIND_A_DOT = """(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const found = [];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = 4 * (y * width + x);
    const [r, g, b, a] = data.slice(at, at + 4);
    if (a > 150 && Math.max(r, g, b) - Math.min(r, g, b) > 60) found.push([x, y]);
  }
  const ratio = width / canvas.clientWidth;
  return found.map(([x, y]) => [x / ratio, y / ratio]);
}"""


def test_a_conversation_is_looked_at_in_time_and_gone_on_from_an_earlier_point(
    page: Page, http: httpx.Client
) -> None:
    thread, talk = str(uuid.uuid4()), Talk(page)
    for text in ("I live in Porto.", "I have a cat named Miso."):
        say(http, thread, text)
    page.goto(f"/#/c/{thread}")
    page.get_by_role("link", name="The conversation's timeline").click()
    strip = page.get_by_role("region", name="Steps, the earliest first")
    replies = strip.get_by_role("button", name="Replied")
    expect(replies).to_have_count(2)
    state = page.locator(".state")
    expect(state).to_contain_text("Miso")
    page.get_by_role("button", name="Compare to here (B)").click()
    replies.first.click()
    expect(replies.first).to_have_attribute("aria-current", "step")
    expect(state).to_contain_text("Porto")
    expect(state).not_to_contain_text("Miso")
    page.get_by_role("button", name="Compare from here (A)").click()
    added = page.get_by_role("region", name="From A to B").locator("li.added")
    expect(added.filter(has_text="I have a cat named Miso.").first).to_be_visible()
    expect(added.filter(has_text="I live in Porto.")).to_have_count(0)
    strip.get_by_role("button", name="Replied").first.press("ArrowLeft")
    expect(replies.first).not_to_have_attribute("aria-current", "step")
    replies.first.click()
    page.get_by_role("button", name="Go on from here").click()
    expect(talk.turns.locator(".bubble")).to_have_text(["I live in Porto."])
    assert talk.thread_id != thread
    expect(page.get_by_role("heading", level=1)).to_have_text("I live in Porto. (fork)")
    expect(talk.conversations.first).to_contain_text("I live in Porto. (fork)")
    _tells_what_it_taught(talk, "Porto")
    talk.say("I have a dog named Rex.")
    expect(talk.learned).to_contain_text(["Rex"])
    talk.turns.first.get_by_role("button", name="1 new").click()
    _tells_what_it_taught(talk, "Porto")
    page.goto(f"/#/c/{thread}")
    expect(talk.turns.locator(".bubble")).to_have_text(["I live in Porto.", "I have a cat named Miso."])


def _tells_what_it_taught(talk: Talk, words: str) -> None:
    """Of the first turn, which was said before a fork: how much, what, and why."""
    expect(talk.turns.first.get_by_role("button", name="1 new")).to_be_visible()
    expect(talk.learned).to_contain_text([words])
    talk.panel.get_by_text("What was decided, and why").click()
    expect(talk.panel.locator(".decisions li")).to_contain_text([words])


def test_health_says_how_each_part_does(page: Page, http: httpx.Client) -> None:
    thread = str(uuid.uuid4())
    say(http, thread, "I live in Porto.")
    Talk(page).go("Health")
    expect(page.get_by_text("All parts are well.")).to_be_visible()
    for part in ("Long-term memory", "Conversations", "Embedding model", "Chat model", "Tracing"):
        expect(page.get_by_role("heading", name=part)).to_be_visible()
    expect(page.get_by_role("region", name="Memories by kind and status")).to_contain_text("Fact")
    expect(page.get_by_text("1 conversation")).to_be_visible()
    expect(page.get_by_role("region", name="How long each kind of work takes")).to_contain_text("ms")


def test_the_map_draws_memories_and_opens_one(page: Page, http: httpx.Client) -> None:
    Talk(page).go("Map")
    expect(page.get_by_text("Nothing is remembered yet.")).to_be_visible()
    seeds.bring_in(http, [seeds.memory(text, number) for number, text in enumerate(FACTS)])
    Talk(page).go("Chat")
    Talk(page).go("Map")
    expect(page.get_by_role("complementary").get_by_text(f"{len(FACTS)} memories.")).to_be_visible()
    expect(page.locator("button.group").nth(1)).to_be_visible()
    canvas = page.locator("canvas")
    dots = canvas.evaluate(FIND_A_DOT)
    assert len(dots) > len(FACTS)
    xs, ys = zip(*dots, strict=True)
    box = canvas.bounding_box()
    assert box and max(xs) - min(xs) > box["width"] / 3 and max(ys) - min(ys) > box["height"] / 3
    x, y = dots[len(dots) // 2]
    canvas.click(position={"x": x, "y": y})
    chosen = page.get_by_role("region", name="The chosen memory")
    expect(chosen.locator("p.said")).to_have_text(re.compile("|".join(map(re.escape, FACTS))))
    chosen.get_by_role("button", name="Back to the groups").click()
    expect(chosen).to_have_count(0)


# What of a room looks or stands otherwise as soon as the styles of the other rooms are gone: all in one go.
CHANGED_BY_OTHERS = """async (own) => {
  const looks = () => [...document.querySelectorAll("#page *")].map((each) => {
    if (!each.checkVisibility()) return "";
    const { x, y, width, height } = each.getBoundingClientRect();
    const { color, backgroundColor, fontSize, borderRadius, borderTopWidth } = getComputedStyle(each);
    const look = [color, backgroundColor, fontSize, borderRadius, borderTopWidth];
    return [each.tagName, String(each.className), ...[x, y, width, height].map(Math.round), ...look].join(" ");
  });
  const sheets = [...document.querySelectorAll("link[rel=stylesheet]")];
  const others = sheets.filter(
    ({ href }) => /(Room|chips)-[^/]*$/.test(href) && !own.some((name) => href.includes(name)));
  const before = looks();
  for (const sheet of others) sheet.remove();
  const after = looks();
  const loaded = others.map((sheet) => new Promise((done) => (sheet.onload = done)));
  document.head.append(...others);
  await Promise.all(loaded);
  return [others.length, before.length, before.filter((look, at) => look !== after[at])];
}"""


def test_no_room_changes_how_another_one_looks(page: Page, http: httpx.Client) -> None:
    thread, talk = str(uuid.uuid4()), Talk(page)
    seeds.bring_in(http, [seeds.memory(text, number) for number, text in enumerate(FACTS)])
    for text in ("I live in Porto.", "Where do I live?"):
        say(http, thread, text)
    addresses = {
        "memories": (["MemoriesRoom", "chips"], page.locator("article.memory").first),
        "map": (["MapRoom", "chips"], page.locator("button.group").first),
        f"time/{thread}": (["TimeRoom"], page.locator(".state .said").first),
        "health": (["HealthRoom"], page.get_by_text("All parts are well.")),
        f"c/{thread}": ([], talk.panel.locator(".memoryrow").first),
    }
    for address, (_, seen) in addresses.items():
        page.goto(f"/#/{address}")
        expect(seen).to_be_visible()
    for address, (own, seen) in addresses.items():
        page.goto(f"/#/{address}")
        expect(seen).to_be_visible()
        others, things, changed = page.evaluate(CHANGED_BY_OTHERS, own)
        assert others >= 3 and things > 20, address
        assert changed == [], address

"""`python -m tests.browser.axe_report`: what axe finds in each room, in both looks and sizes, as a table."""

import sys
from collections import Counter

import httpx
from playwright.sync_api import Browser, expect, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.browser.asked import CHROMIUM, missing
from tests.browser.axe import audit
from tests.browser.fixtures import DESK, FLAGS, PATIENCE_MS, opened
from tests.browser.rooms import PHONE, rooms
from tests.browser.stage import Stage, staged
from tests.services.dev_server import running_dev_server


def rows(browser: Browser, origin: str, stage: Stage) -> list[tuple[str, str, int, Counter[str], list[str]]]:
    found = []
    for scheme in ("light", "dark"):
        for size, viewport in (("desk", DESK), ("phone", PHONE)):
            given = {"color_scheme": scheme, "viewport": viewport, "reduced_motion": "reduce"}
            context = opened(browser, origin, **given)
            page = context.new_page()
            for name in rooms(page, stage, phone=size == "phone"):
                told = audit(page)
                counts = Counter(each.impact for each in told.findings)
                found.append((name, f"{scheme}, {size}", told.passed, counts, list(map(str, told.findings))))
            context.close()
    return found


def main() -> int:
    if said := missing():
        print(said)
        return 1
    expect.set_options(timeout=PATIENCE_MS)
    with running_dev_server(MNEMOGRAPH_USER="ana") as server, sync_playwright() as playwright:
        with httpx.Client(base_url=server.url, timeout=120) as http:
            stage = staged(http)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        found = rows(browser, server.url, stage)
        browser.close()
    impacts = ("critical", "serious", "moderate", "minor")
    table = Table("room", "look", "rules passed", *impacts)
    for name, look, passed, counts, _ in found:
        table.add_row(name, look, str(passed), *(str(counts[impact]) for impact in impacts))
    Console().print(table)
    for line in sorted({line for *_, lines in found for line in lines}):
        print(line)
    return int(any(counts["critical"] or counts["serious"] for *_, counts, _ in found))


if __name__ == "__main__":
    sys.exit(main())

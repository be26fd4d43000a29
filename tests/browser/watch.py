"""What a browser must not do while a test looks away: errors, and requests to anywhere but the page's own server."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

# Heard in the page, since a console may be silent on what a policy forbids.
_HEAR_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Watch:
    """`forgive` takes patterns of console errors that a test brings about itself."""

    origin: str
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _forgiven: list[re.Pattern[str]] = field(default_factory=list)

    def over(self, context: BrowserContext) -> "Watch":
        context.add_init_script(_HEAR_POLICY)
        context.on("request", self._requested)
        context.on("console", self._told)
        context.on("weberror", lambda error: self.faults.append(f"error in the page: {error.error}"))
        context.on("page", lambda page: page.on("crash", self._crashed))
        return self

    def forgive(self, pattern: str) -> None:
        self._forgiven.append(re.compile(pattern))

    def seen(self) -> list[str]:
        return [fault for fault in self.faults if not any(each.search(fault) for each in self._forgiven)]

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((f"{self.origin}/", f"blob:{self.origin}/")):
            self.faults.append(f"asked elsewhere: {request.url}")

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            where = message.location.get("url", "")
            self.faults.append(f"console {message.type}: {message.text} ({where})")

    def _crashed(self, page: Page) -> None:
        self.faults.append(f"the page crashed: {page.url}")

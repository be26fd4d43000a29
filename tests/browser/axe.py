"""axe in the page as it stands: what it finds, in a line each."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


@dataclass(frozen=True)
class Finding:
    rule: str
    impact: str
    help: str
    where: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.impact}: {self.rule} ({self.help}) at {', '.join(self.where[:4])}"


@dataclass(frozen=True)
class Audit:
    passed: int
    findings: tuple[Finding, ...]

    @property
    def grave(self) -> list[Finding]:
        return [each for each in self.findings if each.impact in GRAVE]


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def audit(page: Page) -> Audit:
    """Evaluated from outside, so that the page's policy stays what it is."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(_source())
    told: dict[str, Any] = page.evaluate(
        """async () => {
          await Promise.all(document.getAnimations().map((each) => each.finished.catch(() => 0)).slice(0, 20));
          const { passes, violations } = await axe.run({ resultTypes: ["violations"] });
          return { passed: passes.length, violations: violations.map((each) => ({
            rule: each.id, impact: each.impact ?? "minor", help: each.help,
            where: each.nodes.map((node) => node.target.join(" ")),
          })) };
        }"""
    )
    found = (
        Finding(each["rule"], each["impact"], each["help"], tuple(each["where"]))
        for each in told["violations"]
    )
    return Audit(told["passed"], tuple(found))

"""`python -m tests.contract.matrix`: which store does what, as a table. Exit status 1 on a surprise.

What is given goes to pytest, as `-k lifetimes`.
"""

import sys
from collections import defaultdict

import pytest

from tests.contract.store.known import behaviour_of, reason_for
from tests.contract.store.places import PLACES

SIGNS = {"passed": "yes", "skipped": "NO", "failed": "!!", "missing": ""}


class Collector:
    """Hears every result: a strict expected failure is reported as skipped, a surprise as failed."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, str]] = defaultdict(dict)
        self.names: dict[str, tuple[str, str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.names = {item.nodeid: found for item in session.items if (found := behaviour_of(item))}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = self.names.get(report.nodeid)
        if found and (report.when == "call" or report.failed):
            store, behaviour = found
            self.seen[behaviour][store] = report.outcome


def main() -> int:
    collector = Collector()
    given = ["tests/contract/store", "-q", "--no-header", "-r", "f", *sys.argv[1:]]
    status = pytest.main(given, [collector])
    width = max((len(behaviour) for behaviour in collector.seen), default=0)
    print("\n" + " " * width, *(f"{store:>9}" for store in PLACES))
    reasons: dict[str, list[str]] = defaultdict(list)
    for behaviour, results in collector.seen.items():
        cells = (f"{SIGNS[results.get(store, 'missing')]:>9}" for store in PLACES)
        print(behaviour.removeprefix("test_").ljust(width), *cells)
        for store in PLACES:
            if reason := reason_for(store, behaviour):
                reasons[f"{store}: {reason}"].append(behaviour)
    print("\nExpected failures:")
    for reason, behaviours in reasons.items():
        print(f"- {reason} ({len(behaviours)})")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())

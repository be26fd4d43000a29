"""Tables of what passed, for a person."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tests.evals.player import Played

WIDTH = 110


def by_category(results: Iterable[Played]) -> dict[str, list[Played]]:
    grouped: dict[str, list[Played]] = {}
    for played in results:
        grouped.setdefault(played.case.category, []).append(played)
    return grouped


def contracts_table(results: Sequence[Played]) -> Table:
    """Category, cases, checks, passed; and at the end what they come to."""
    table = table_of("category", "cases", "checks", "passed", "left out")
    for category, some in by_category(results).items():
        table.add_row(category, *_counted(some))
    table.add_section()
    table.add_row("all", *_counted(results))
    return table


def table_of(first: str, *numbers: str) -> Table:
    table = Table(box=box.SIMPLE)
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", overflow="fold")
    return table


def _counted(some: Sequence[Played]) -> list[str]:
    run = [each for each in some if each.checks]
    passed = sum(each.passed for each in run)
    left_out = sum(each.skipped for each in some)
    return [
        str(len(some)),
        str(sum(each.checks for each in some)),
        f"{passed}/{len(run)}",
        str(left_out or ""),
    ]


def faults(results: Iterable[Played]) -> list[str]:
    """Each case that failed, and why."""
    return [
        "\n".join([f"{each.case.category}:{each.case.id}", *(f"  {fault}" for fault in each.faults)])
        for each in results
        if not each.passed
    ]


def console() -> Console:
    return Console(highlight=False, markup=False, width=WIDTH)

"""`python -m tests.evals.compare --model openai:NAME [WORD …]`: the contracts with a real model.

What it passes is printed beside what the offline model does. The key and the address are those of the settings:
OPENAI_API_KEY and OPENAI_BASE_URL, in the environment or .env.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence

from rich.table import Table

from agents.models import chat_model
from config.errors import UserError
from config.settings import settings
from tests.evals.case import Case, load
from tests.evals.player import Played
from tests.evals.report import by_category, console, faults, table_of
from tests.evals.running import chosen, own_world, play_all
from tests.evals.world import OFFLINE, reach_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.evals.compare", description=__doc__)
    parser.add_argument("words", nargs="*", help="only cases whose category or id has one of these words")
    parser.add_argument(
        "--model", required=True, help="openai:NAME, or any PROVIDER:NAME that LangChain knows"
    )
    given = parser.parse_args()
    cases = chosen(load(), given.words)
    try:
        configured = settings()
        chat_model(given.model, configured)
    except UserError as error:
        print(error.sentence, file=sys.stderr)
        return 2
    out = console()
    offline, real = asyncio.run(compare(cases, given.model, reach_of(configured), _telling(len(cases))))
    for line in faults(real):
        out.print(line)
    out.print(comparison(offline, real, given.model))
    return 0 if all(each.passed for each in real) else 1


async def compare(
    cases: Sequence[Case], model: str, reach: dict[str, str], tell: Callable[[Played], None] = lambda _: None
) -> tuple[list[Played], list[Played]]:
    """The same cases with the offline model, then with this one, each on a database of its own."""
    async with own_world() as world:
        offline = await play_all(world, cases)
    async with own_world(model, reach) as world:
        return offline, await play_all(world, cases, tell)


def comparison(offline: Sequence[Played], real: Sequence[Played], model: str) -> Table:
    """By category: of its cases, how many passed with each model; checks that are for one wording are left out."""
    table = table_of("category", "cases", OFFLINE, model, "checks left out")
    beside = by_category(offline)
    for category, some in by_category(real).items():
        table.add_row(category, *_row(beside[category], some))
    table.add_section()
    table.add_row("all", *_row(offline, real))
    return table


def _row(offline: Sequence[Played], real: Sequence[Played]) -> list[str]:
    left_out = sum(each.skipped for each in real)
    return [str(len(real)), _passed(offline), _passed(real), str(left_out or "")]


def _passed(some: Sequence[Played]) -> str:
    run = [each for each in some if each.checks]
    return f"{sum(each.passed for each in run)}/{len(run)}"


def _telling(cases: int) -> Callable[[Played], None]:
    """A line a case on stderr: with a real model it takes a while."""
    done = 0

    def tell(played: Played) -> None:
        nonlocal done
        done += 1
        how = "left out" if not played.checks else "passed" if played.passed else "FAILED"
        print(
            f"{done:4}/{cases} {how:8} {played.case.category}:{played.case.id}", file=sys.stderr, flush=True
        )

    return tell


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.evals [WORD …]`: the contracts, with no key and no network, and the table of what passed."""

import argparse
import asyncio
import sys
import time

from tests.evals.case import Case, load
from tests.evals.player import Played
from tests.evals.report import console, contracts_table, faults
from tests.evals.running import chosen, own_world, play_all


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.evals", description=__doc__)
    parser.add_argument("words", nargs="*", help="only cases whose category or id has one of these words")
    parser.add_argument("--slowest", type=int, default=0, metavar="N", help="name the N slowest cases")
    parser.add_argument("--transcript", action="store_true", help="print what was said, and what held then")
    given = parser.parse_args()
    cases = chosen(load(), given.words)
    if not cases:
        print("No case has these words in its category or id.", file=sys.stderr)
        return 2
    begun = time.perf_counter()
    results, took = asyncio.run(_run(cases))
    out = console()
    for each in results if given.transcript else ():
        out.print("\n".join([f"{each.case.category}:{each.case.id}", each.case.why, *each.transcript, ""]))
    for line in faults(results):
        out.print(line)
    out.print(contracts_table(results))
    out.print(f"{len(cases)} cases in {time.perf_counter() - begun:.0f} s, with the offline model.")
    for name, seconds in sorted(took.items(), key=lambda row: -row[1])[: given.slowest]:
        out.print(f"{seconds:6.2f} s  {name}")
    return 0 if all(each.passed for each in results) else 1


async def _run(cases: list[Case]) -> tuple[list[Played], dict[str, float]]:
    took: dict[str, float] = {}
    begun = time.perf_counter()

    def tell(played: Played) -> None:
        nonlocal begun
        took[f"{played.case.category}:{played.case.id}"] = time.perf_counter() - begun
        begun = time.perf_counter()

    async with own_world() as world:
        begun = time.perf_counter()
        return await play_all(world, cases, tell), took


if __name__ == "__main__":
    sys.exit(main())

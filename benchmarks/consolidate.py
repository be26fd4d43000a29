"""What consolidation saves and what it costs: `python -m benchmarks.consolidate --data FOLDER [--json]`.

The folder is that of benchmarks.recall, played the same way. Then each policy in turn, from mild to strong, is run over
every owner as if two months had passed, and after each the storage is measured and every question is asked again.
Rows are counted and weighed in the three tables of the long-term memory; "on disk" is with their indexes, after a
VACUUM FULL. Summaries are extracts by rules: there is no language model.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from langgraph.store.base import BaseStore
from psycopg.rows import dict_row

from benchmarks.recall import answered, remembered, report, rows_of
from config.settings import Settings, load_settings
from memory.lifecycle.changing.runs import Run
from memory.lifecycle.keeping.consolidate import Consolidation, Policy, Report
from memory.lifecycle.keeping.thinning import Thinning
from memory.long_term.factory import open_store
from memory.long_term.rows.isolation import EVERYBODY
from memory.long_term.rows.tables import TABLES
from memory.postgres.address import postgres_address

LATER: Final = timedelta(days=60)
MONTH: Final = timedelta(days=30)
POLICIES: Final[Mapping[str, Policy]] = {
    "merged and summed up": Policy(thinning=Thinning(whole_after=None, none_after=None)),
    "and one view each": Policy(thinning=Thinning(whole_after=MONTH, none_after=None)),
    "and none of what only asks (the default)": Policy(),
    "and none of what states less than 50 characters": Policy(thinning=Thinning(stated=0.6)),
    "and none at all": Policy(thinning=Thinning(stated=1.1)),
}
_WEIGHED: Final = "SELECT count(*) AS rows, coalesce(sum(pg_column_size(t.*)), 0)::bigint AS bytes FROM {} t"
_ON_DISK: Final = (
    "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint AS bytes FROM pg_inherits "
    "WHERE inhparent = %s::regclass"
)


async def storage(address: str) -> dict[str, Any]:
    """Rows and bytes by table, and in all."""
    found: dict[str, Any] = {}
    async with await psycopg.AsyncConnection.connect(address, autocommit=True, row_factory=dict_row) as conn:
        await conn.execute("SELECT set_config('mnemograph.owner', %s, false)", (EVERYBODY,))
        for table in TABLES:
            await conn.execute(f"VACUUM (FULL, ANALYZE) {table}".encode())
            weighed = await (await conn.execute(_WEIGHED.format(table).encode())).fetchone()
            on_disk = await (await conn.execute(_ON_DISK, (table,))).fetchone()
            found[table] = {**(weighed or {}), "on_disk": (on_disk or {}).get("bytes", 0)}
    names = ("rows", "bytes", "on_disk")
    return {"tables": found} | {name: sum(row[name] for row in found.values()) for name in names}


async def consolidated(store: BaseStore, last: Mapping[str, datetime], name: str, policy: Policy) -> Report:
    total = Report()
    for number, (owner, at) in enumerate(last.items()):
        run = Run(store, owner, f"{name}-{number}", at + LATER)
        total.add(await Consolidation(run, policy).consolidate())
    return total


async def measure(folder: Path) -> dict[str, Any]:
    turns, questions = rows_of(folder / "turns.jsonl"), rows_of(folder / "questions.jsonl")
    asked = [row for row in questions if row["category"] != "adversarial" and row["gold"]]
    with tempfile.TemporaryDirectory(prefix="mnemograph-bench-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o711)
        configured: Settings = load_settings(
            data_dir=Path(place) / "data", profile="test", model="offline", embeddings="local"
        )
        async with open_store(configured) as store, postgres_address(configured) as address:
            last = await remembered(store, turns, configured)
            steps: list[dict[str, Any]] = []

            async def add(name: str, done: Report | None = None, seconds: float = 0.0) -> None:
                kept = report(await answered(store, asked, last))["overall"]
                step = {"policy": name, "storage": await storage(address), "recall": kept}
                steps.append(step | {"seconds": round(seconds, 1), "done": asdict(done) if done else {}})
                print(f"{name}: {step['storage']['bytes']:,} bytes, {kept}", file=sys.stderr)

            await add("as it was remembered")
            for name, policy in POLICIES.items():
                began = time.perf_counter()
                done = await consolidated(store, last, f"bench-{len(steps)}", policy)
                await add(name, done, time.perf_counter() - began)
    return {"benchmark": "consolidate", "data": folder.name, "questions": len(asked), "steps": steps}


def render(result: dict[str, Any]) -> str:
    """The curve as a table in Markdown."""
    first = result["steps"][0]
    heads = ["policy", "rows", "bytes", "saved", "on disk", "saved", "R@5", "R@10", "of R@10 kept", "s"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for step in result["steps"]:
        now, was, recall = step["storage"], first["storage"], step["recall"]
        cells = [step["policy"], f"{now['rows']:,}", f"{now['bytes'] / 1e6:.2f} MB"]
        cells += [_saved(now["bytes"], was["bytes"]), f"{now['on_disk'] / 1e6:.2f} MB"]
        cells += [_saved(now["on_disk"], was["on_disk"]), str(recall["recall@5"]), str(recall["recall@10"])]
        kept = 100 * recall["recall@10"] / first["recall"]["recall@10"]
        lines.append(f"| {' | '.join([*cells, f'{kept:.1f} %', str(step['seconds'])])} |")
    return "\n".join(lines)


def _saved(now: int, was: int) -> str:
    return f"{100 * (1 - now / was):.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder as benchmarks.recall takes it")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    missing = [name for name in ("turns.jsonl", "questions.jsonl") if not (given.data / name).is_file()]
    if missing:
        parser.error(f"{given.data} has no {' and no '.join(missing)}")
    result = asyncio.run(measure(given.data))
    print(json.dumps(result) if given.json else render(result))


if __name__ == "__main__":
    main()

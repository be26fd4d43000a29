"""How much of what answers a question is recalled: `python -m benchmarks.recall --data FOLDER [--json]`.

The folder holds conversations (turns.jsonl) and questions whose evidence is labelled (questions.jsonl). Every
conversation is played through the remember path into Postgres, one owner a conversation and one thread a session, with
the offline extractor and the local embedder; every question goes through recall. A returned memory counts for the
messages in its provenance, at its rank; one that carries several costs a rank for each. No language model and no
reranking model.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any, Final
from unittest.mock import patch

from langgraph.store.base import BaseStore

from config.settings import load_settings
from graphs.ingest import ingest, turns_of
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.recalling.recalled import Recalled
from memory.lifecycle.turns.transcripts import Line, thread_id
from memory.long_term.factory import open_store
from memory.long_term.ranking.recipes import HYBRID, RECIPES, Recipe

DEPTHS: Final = (5, 10, 20)
ASKED: Final = 30
ROLES: Final = frozenset({"user", "assistant"})
INGREDIENTS: Final = (
    "vector",
    "context",
    "keyword",
    "speaker",
    "user",
    "stated",
    "verbatim",
    "temporal",
    "when",
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What recall gave for one question."""

    owner: str
    category: str
    gold: frozenset[str]
    ranked: Sequence[str]
    ms: float
    characters: int


def rows_of(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def lines_of(turns: Iterable[Row]) -> dict[str, list[Line]]:
    """One owner's messages, by thread."""
    threads: dict[str, list[Line]] = defaultdict(list)
    for turn in turns:
        speaker = turn["speaker"]
        caption = f" [photo: {turn['caption']}]" if turn.get("caption") else ""
        thread = thread_id(f"{turn['ns']}:{turn['session']}")
        threads[thread].append(
            Line(
                thread=thread,
                role="assistant" if speaker == "assistant" else "user",
                content=turn["text"] + caption,
                at=_time(turn["date"]),
                name=None if speaker in ROLES else speaker,
                id=turn["id"],
            )
        )
    return threads


def _time(date: str) -> datetime:
    found = datetime.fromisoformat(date)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def remembered(store: BaseStore, turns: Sequence[Row], configured: Any) -> dict[str, datetime]:
    """Play every conversation; when each owner said something last."""
    by_owner: dict[str, list[Row]] = defaultdict(list)
    for turn in turns:
        by_owner[turn["ns"]].append(turn)
    for owner, said in by_owner.items():
        threads = {thread: turns_of(lines) for thread, lines in lines_of(said).items()}
        done = await ingest(store, owner, threads, configured)
        print(f"{owner}: {len(said)} messages, {done.turns} turns, {done.facts} facts", file=sys.stderr)
    return {owner: max(_time(turn["date"]) for turn in said) for owner, said in by_owner.items()}


async def answered(store: BaseStore, questions: Sequence[Row], last: dict[str, datetime]) -> list[Answer]:
    answers = []
    for question in questions:
        owner = question["ns"]
        began = time.perf_counter()
        found = await recall(store, owner, question["query"], limit=ASKED, now=last[owner])
        answers.append(
            Answer(
                owner=owner,
                category=str(question["category"]),
                gold=frozenset(question["gold"]),
                ranked=ranked(found),
                ms=(time.perf_counter() - began) * 1_000,
                characters=sum(len(item.text) for item in found[:10]),
            )
        )
    return answers


def ranked(found: Sequence[Recalled]) -> list[str]:
    """Message ids at their ranks: a memory of three messages takes three."""
    return [message for item in found for message in item.message_ids]


def scores(answers: Sequence[Answer]) -> dict[str, float]:
    """Means over the questions, in percent."""
    table = {f"recall@{k}": fmean(_recall(answer, k) for answer in answers) for k in DEPTHS}
    table["hit@10"] = fmean(bool(answer.gold & set(answer.ranked[:10])) for answer in answers)
    table["mrr"] = fmean(_reciprocal(answer) for answer in answers)
    return {name: round(100 * value, 1) for name, value in table.items()}


def _recall(answer: Answer, depth: int) -> float:
    return len(answer.gold & set(answer.ranked[:depth])) / len(answer.gold)


def _reciprocal(answer: Answer) -> float:
    return next((1 / rank for rank, each in enumerate(answer.ranked, start=1) if each in answer.gold), 0.0)


def report(answers: Sequence[Answer]) -> dict[str, Any]:
    """Overall is the mean of the conversations, so that a long one does not outweigh the others."""
    owners = sorted({answer.owner for answer in answers})
    each = {owner: scores([answer for answer in answers if answer.owner == owner]) for owner in owners}
    categories = sorted({answer.category for answer in answers})
    times = [answer.ms for answer in answers]
    return {
        "overall": {name: round(fmean(row[name] for row in each.values()), 1) for name in each[owners[0]]},
        "over_questions": scores(answers),
        "by_category": {
            name: {"questions": len(some)} | scores(some)
            for name in categories
            for some in [[answer for answer in answers if answer.category == name]]
        },
        "by_conversation": each,
        "recall_ms": {"p50": round(median(times), 1), "p95": round(quantiles(times, n=20)[-1], 1)},
        "characters_at_10": round(fmean(answer.characters for answer in answers)),
        "questions": len(answers),
    }


def without(ingredient: str) -> Recipe:
    changed: dict[str, Any] = {ingredient: 0.0}
    return replace(HYBRID, **changed)


async def measure(folder: Path, *, leave_one_out: bool) -> dict[str, Any]:
    turns, questions = rows_of(folder / "turns.jsonl"), rows_of(folder / "questions.jsonl")
    asked = [row for row in questions if row["category"] != "adversarial" and row["gold"]]
    with tempfile.TemporaryDirectory(prefix="mnemograph-bench-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o711)
        configured = load_settings(
            data_dir=Path(place) / "data", profile="test", model="offline", embeddings="local"
        )
        async with open_store(configured) as store:
            last = await remembered(store, turns, configured)
            result = {"benchmark": "recall", "data": folder.name} | report(await answered(store, asked, last))
            if leave_one_out:
                result["without"] = {}
                for name in INGREDIENTS:
                    with patch(
                        "memory.long_term.statements.operations.RECIPES",
                        {**RECIPES, HYBRID.name: without(name)},
                    ):
                        found = report(await answered(store, asked, last))
                    result["without"][name] = found["overall"]
                    print(f"without {name}: {found['overall']}", file=sys.stderr)
    return result


def render(result: dict[str, Any]) -> str:
    """The result as tables in Markdown."""
    names = list(result["overall"])
    lines = [f"| {result['data']} | questions | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    rows = [("mean of the conversations", result["questions"], result["overall"])]
    rows.append(("all questions", result["questions"], result["over_questions"]))
    rows += [(name, row["questions"], row) for name, row in result["by_category"].items()]
    rows += [(f"without {name}", "", row) for name, row in result.get("without", {}).items()]
    lines += [
        f"| {name} | {count} | {' | '.join(str(row[key]) for key in names)} |" for name, count, row in rows
    ]
    cost = result["recall_ms"]
    lines.append("")
    lines.append(
        f"Recall took {cost['p50']} ms (p95 {cost['p95']}); the first ten hold {result['characters_at_10']} characters."
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="a folder with turns.jsonl and questions.jsonl"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--leave-one-out", action="store_true", help="each ingredient's share as well")
    given = parser.parse_args()
    missing = [name for name in ("turns.jsonl", "questions.jsonl") if not (given.data / name).is_file()]
    if missing:
        parser.error(f"{given.data} has no {' and no '.join(missing)}")
    result = asyncio.run(measure(given.data, leave_one_out=given.leave_one_out))
    print(json.dumps(result) if given.json else render(result))


if __name__ == "__main__":
    main()

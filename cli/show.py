"""Memories and receipts as a person reads them."""

from collections.abc import Collection, Sequence
from typing import Any

from rich.table import Table

from cli.console import plain
from cli.conversation import when
from memory.schema import Memory
from memory.text import shorten

WIDTH = 100


def receipt(recalled: Sequence[dict[str, Any]]) -> list[str]:
    """One line a recalled memory: what, when it was said, why it was found, how it scored in all."""
    return [
        f"[cyan]↶[/] {plain(shorten(item['text'], WIDTH))} "
        f"[dim]({when(item['said_at'])}, {item['source']}; {plain(item['why'])}; {item['score']:.2f})[/]"
        for item in recalled
    ]


def basis(used: Collection[str], recalled: Sequence[dict[str, Any]]) -> list[str]:
    """One line a memory that the reply used."""
    texts = [str(item["text"]) for item in recalled if item["id"] in used]
    return [f"[cyan]✓[/] [dim]used: {plain(shorten(text, WIDTH))}[/]" for text in texts]


def lessons(learned: Sequence[dict[str, Any]]) -> list[str]:
    """One line a fact or a procedure that the turn taught; the turn's own episode is kept silently."""
    return [
        f"[green]+[/] {plain(shorten(item['text'], WIDTH))} [dim]({_sort(item)})[/]"
        for item in learned
        if item["kind"] != "episodic"
    ]


def _sort(item: dict[str, Any]) -> str:
    if item["kind"] != "procedural":
        return str(item["category"])
    return {"active": "in every conversation from now on", "proposed": "proposed"}.get(
        str(item["status"]), "not kept"
    )


def short(message_id: str) -> str:
    """Enough of an id to tell it from its neighbours."""
    return message_id.removeprefix("lc_run--")[:8]


def memory_table(memories: Sequence[Memory], *, evidence: bool = False) -> Table:
    """Numbered, so that a person can name one; with `evidence`, where each came from."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("#", "kind", "memory", "said"):
        table.add_column(name, overflow="fold")
    if evidence:
        table.add_column("by")
        table.add_column("thread, messages", overflow="fold")
    for number, memory in enumerate(memories, start=1):
        row = [
            str(number),
            memory.kind.value,
            plain(shorten(memory.text, WIDTH)),
            when(memory.provenance.said_at),
        ]
        if evidence:
            place = (
                f"{memory.provenance.thread_id[:8]}: {', '.join(map(short, memory.provenance.message_ids))}"
            )
            row += [memory.provenance.source.value, place]
        table.add_row(*row)
    return table

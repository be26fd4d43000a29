"""`mnemograph demo`: two conversations, and the proof that the second knew what the first taught."""

import uuid
from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.table import Table

from cli.console import out, plain
from cli.conversation import Conversation
from cli.show import lessons, memory_table, receipt
from config.settings import Settings
from graphs.chat import open_chat
from memory.lifecycle.reading.listing import memories_of
from memory.namespaces import owner_namespace
from memory.postgres.address import postgres_address
from memory.schema import Kind
from memory.text import shorten

FIRST = (
    "Hi! My name is Ana and I live in Porto.",
    "I'm allergic to peanuts, and I work at a small bakery.",
    "My sister Inês is visiting me next week.",
)
SECOND = (("Where do I live?", "Porto"), ("What am I allergic to?", "peanut"), ("Who is my sister?", "Inês"))


async def demo(configured: Settings) -> int:
    """The exit status: 0 when every answer in the second conversation held what the first one taught."""
    user_id = f"demo-{uuid.uuid4().hex[:8]}"
    async with open_chat(configured) as chat:
        first = Conversation(chat, user_id)
        out.rule(f"Monday: a first conversation [dim]({configured.model}, thread {first.thread_id[:8]})")
        for text in FIRST:
            await _turn(first, text)
        second = Conversation(chat, user_id)
        out.rule(f"A week later: another conversation [dim](thread {second.thread_id[:8]})")
        missed = [
            text
            for text, expected in SECOND
            if expected.casefold() not in (await _turn(second, text)).casefold()
        ]
        out.rule("What is remembered, and where it comes from")
        memories = await memories_of(second.store, user_id, kinds=(Kind.SEMANTIC, Kind.EPISODIC))
        out.print(memory_table(memories, evidence=True))
        await _rows(configured, user_id)
    if missed:
        out.print(f"[bold red]The agent did not know:[/] {'; '.join(missed)}")
        return 1
    out.print(
        f"[bold green]The agent knew all {len(SECOND)} answers[/] in a conversation that had never heard them."
    )
    return 0


async def _turn(talk: Conversation, text: str) -> str:
    out.print(f"[bold blue]you[/] {plain(text)}")
    reply = ""
    after: list[str] = []
    async for what, value in talk.send(text):
        if what == "token":
            reply += value
        elif what == "recalled":
            for line in receipt(value):
                out.print(f"  {line}")
        elif what == "learned":
            after += lessons(value)
        elif what == "warning":
            after.append(f"[yellow]! {plain(value)}[/]")
    out.print(f"[bold magenta]agent[/] {plain(reply)}")
    for line in after:
        out.print(f"  {line}")
    return reply


async def _rows(configured: Settings, user_id: str) -> None:
    """Ask Postgres itself, past every layer of ours."""
    if configured.store != "postgres":
        out.print(
            "Long-term memory is in this process alone (MNEMOGRAPH_STORE=memory): there are no rows to show."
        )
        return
    owner = ".".join(owner_namespace(user_id))
    async with (
        postgres_address(configured) as address,
        await psycopg.AsyncConnection.connect(address, row_factory=dict_row) as conn,
    ):
        # The tables show a connection the rows of the owner that it names, and no others.
        await conn.execute("SELECT set_config('mnemograph.owner', %s, false)", (owner,))
        cursor = await conn.execute(
            """
            SELECT m.path, m.key, m.value->>'text' AS text, count(v.id) AS vectors
            FROM memory_items m LEFT JOIN memory_vectors v USING (owner, id)
            WHERE m.owner = %s AND m.value ? 'text' GROUP BY m.owner, m.path, m.key ORDER BY m.path, m.created_at, m.key
            """,
            (owner,),
        )
        rows = await cursor.fetchall()
    out.rule(f"The {len(rows)} rows in Postgres (table memory_items, with their vectors in memory_vectors)")
    out.print(_row_table(rows))


def _row_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("path", "key", "value->>'text'", "vectors"):
        table.add_column(name, overflow="fold")
    for row in rows:
        text = plain(shorten(row["text"] or "", 70))
        table.add_row(plain(row["path"]), row["key"][:8], text, str(row["vectors"]))
    return table

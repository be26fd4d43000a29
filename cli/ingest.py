"""`mnemograph ingest FILE`: remember conversations that were held elsewhere."""

from pathlib import Path

from cli.console import out
from cli.progress import progress
from config.errors import UserError
from config.settings import Settings
from graphs.ingest import ingest, turns_of
from memory.lifecycle.turns.transcripts import read_transcript, users_own
from memory.long_term.factory import open_store


async def ingest_file(configured: Settings, user_id: str, path: Path) -> int:
    """Raises UserError on a file that cannot be read, before anything is written."""
    read = users_own(read_transcript(path))
    threads = {thread: turns_of(lines) for thread, lines in read.items()}
    count = sum(len(turns) for turns in threads.values())
    if not count:
        raise UserError(f"{path} holds no message of a user, so there is nothing to remember.")
    async with open_store(configured) as store:
        with progress() as bar:
            task = bar.add_task("remembering", total=count)
            result = await ingest(
                store, user_id, threads, configured, lambda done: bar.update(task, advance=done)
            )
    out.print(
        f"{len(threads)} threads, {count} turns for {user_id}: {result.turns} remembered now with "
        f"{result.facts} facts, {result.already} known from before."
    )
    undated = sum(line.role == "user" and line.at is None for lines in read.values() for line in lines)
    if undated:
        out.print(
            f"{undated} of its messages came without a time and count as said now, after all that is known."
        )
    if result.unreadable:
        out.print(f"{result.unreadable} turns taught no facts: the memory model's answers could not be read.")
    return 0

"""`mnemograph memories export|import|erase`: all of a user's things at once."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rich.table import Table

from cli.console import err, out, plain
from cli.progress import progress
from cli.threads import as_json
from config.errors import UserError
from config.settings import Settings
from graphs.bringing_back import checked, import_file
from graphs.chat import Chat, open_chat
from graphs.forgetting import erase_user, places_of
from memory.lifecycle.leaving.export import records
from memory.lifecycle.leaving.export_file import written
from memory.lifecycle.leaving.inventory import SHARED, THREADS, inventory
from memory.namespaces import encode_label


async def export_user(configured: Settings, user_id: str, target: Path | None, *, machine: bool) -> int:
    """To a file, or to the terminal where none is named."""
    async with open_chat(configured) as chat:
        if target is None:
            async for piece in written(
                user_id, records(places_of(chat, user_id), user_id), datetime.now(UTC)
            ):
                out.file.write(piece)
            return 0
        count = await _export(chat, user_id, target)
    if machine:
        as_json({"file": str(target), "records": count})
    else:
        out.print(f"Written to {plain(str(target))}: {count} records.", soft_wrap=True)
    return 0


async def _export(chat: Chat, user_id: str, target: Path) -> int:
    """How many records."""
    count = 0
    with _whole(target) as file, progress() as bar:
        task = bar.add_task("exporting", total=None)
        async for piece in written(user_id, records(places_of(chat, user_id), user_id), datetime.now(UTC)):
            file.write(piece)
            count += 1
            bar.update(task, advance=1)
    # The document's beginning and its end are no records.
    return count - 2


@contextmanager
def _whole(target: Path) -> Iterator[TextIO]:
    """A new file for its owner's eyes, which is there whole or not at all. Raises UserError."""
    if target.exists():
        raise UserError(f"{target} is there already: name another file.")
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            part.chmod(0o600)
            yield file
        part.rename(target)
    except OSError as error:
        raise UserError(f"{target} cannot be written ({error.strerror}): name another file.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


async def import_user(
    configured: Settings, user_id: str, source: Path, *, in_force: bool, machine: bool
) -> int:
    """Raises UserError on a file that is damaged or none of ours, before anything is written."""
    header, count = checked(source)
    async with open_chat(configured) as chat:
        with progress() as bar:
            task = bar.add_task("importing", total=count)
            done = await import_file(
                chat,
                user_id,
                source,
                header,
                in_force=in_force,
                on_done=lambda more: bar.update(task, advance=more),
            )
    if machine:
        as_json(done.as_json())
        return 0
    out.print(
        f"{done.items} memories and other items and {done.conversations} conversations came in for {plain(user_id)}; "
        f"{done.items_already + done.conversations_already} were there already and stayed as they were.",
        soft_wrap=True,
    )
    return 0


async def erase_everything(
    configured: Settings, user_id: str, target: Path | None, *, export: bool, sure: bool, machine: bool
) -> int:
    """Export first, then erase from every place and look again. Raises UserError unless the person is sure."""
    async with open_chat(configured) as chat:
        found = await inventory(places_of(chat, user_id), user_id)
        if not machine:
            _print_counts(f"What there is of {user_id}", found.counts)
        if not sure:
            _ask(user_id)
        file = target or Path(f"mnemograph-{encode_label(user_id)}-{datetime.now(UTC):%Y%m%d-%H%M%S}.json")
        if export and found.total:
            await _export(chat, user_id, file)
            if not machine:
                out.print(f"Exported to {plain(str(file))}.", soft_wrap=True)
        with progress() as bar:
            task = bar.add_task("erasing", total=found.counts[THREADS] + found.counts[SHARED])
            erased = await erase_user(chat, user_id, lambda more: bar.update(task, advance=more))
    if machine:
        exported = str(file) if export and found.total else None
        as_json({"user": user_id, "export": exported, "erased": erased.before, "left": erased.after})
        return 0
    _print_counts("Looked at again", erased.after)
    out.print(f"Nothing of {plain(user_id)} is left in these places.")
    if configured.auth == "keys":
        out.print("A running LangGraph server keeps rows of its threads: erase over HTTP there.", style="dim")
    return 0


def _print_counts(title: str, counts: Mapping[str, int]) -> None:
    table = Table(title=title, title_justify="left", box=None, show_header=False)
    for place, count in counts.items():
        table.add_row(place, f"{count:,}")
    out.print(table)


def _ask(user_id: str) -> None:
    if not sys.stdin.isatty():
        raise UserError(f"This erases all of {user_id!r} for good: say --yes to go on.")
    err.print("This is for good.", style="bold red")
    if err.input("To erase it all, type the user's id: ") != user_id:
        raise UserError("That is not the id, so nothing was erased.")

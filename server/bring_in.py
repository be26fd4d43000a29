"""An export that is sent to the server: kept in a file of its own while it is checked and brought in."""

import shutil
import tempfile
from pathlib import Path

import anyio
from fastapi import Request

from config.settings import settings
from graphs.bringing_back import checked, import_file
from graphs.chat import Chat
from memory.short_term.threads import OWNER
from server.asked import TOO_LONG, Refused
from server.bodies import Measured

MAX_FILE_BYTES = 256_000_000
MAX_LINE_BYTES = 16_000_000
MAX_LINE_VALUES = 500_000
"""A record stands in one line, or the whole of a short file. JSON is parsed a line at once, and meanwhile nobody else
is answered, also where it is parsed past the event loop."""
LINE_TOO_MUCH = (
    "A line of this file is too much: at most {0:,} bytes and {1:,} values are taken of each. Use the file as it was "
    "exported."
)


async def bring_in_file(request: Request, chat: Chat, user_id: str, *, in_force: bool) -> dict[str, int]:
    """How many items and conversations came in, and how many were there. Raises Refused, and UserError on its file."""
    folder = Path(await anyio.to_thread.run_sync(tempfile.mkdtemp, None, "mnemograph-import-"))
    try:
        path = folder / "export.json"
        size, lines = 0, Lines()
        async with await anyio.open_file(path, "wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if size > MAX_FILE_BYTES:
                    raise Refused(413, TOO_LONG.format(MAX_FILE_BYTES))
                lines.take(piece)
                await file.write(piece)
        header, _ = await anyio.to_thread.run_sync(checked, path)
        # Where people sign in, a thread is its owner's by the server's own mark.
        told = {OWNER: user_id} if settings().auth == "keys" else {}
        return (await import_file(chat, user_id, path, header, told=told, in_force=in_force)).as_json()
    finally:
        await anyio.to_thread.run_sync(shutil.rmtree, folder)


class Lines:
    """The lines of a file that comes in pieces: no longer, and of no more values, than can be parsed beside others."""

    def __init__(self) -> None:
        self._line = self._new()

    def take(self, piece: bytes) -> None:
        """Raises Refused on a line that is too much."""
        first, *more = piece.split(b"\n")
        self._add(first)
        for line in more:
            self._line = self._new()
            # A short one cannot be too much.
            if line is more[-1] or len(line) >= min(MAX_LINE_BYTES, MAX_LINE_VALUES):
                self._add(line)

    def _add(self, piece: bytes) -> None:
        self._line.take(piece)
        if self._line.complaint():
            raise Refused(413, LINE_TOO_MUCH.format(MAX_LINE_BYTES, MAX_LINE_VALUES))

    @staticmethod
    def _new() -> Measured:
        return Measured(MAX_LINE_BYTES, MAX_LINE_VALUES)

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

MAX_FILE_BYTES = 256_000_000
MAX_LINE_BYTES = 16_000_000
"""A record stands in one line, or the whole of a short file. JSON is parsed a line at once, and meanwhile nobody else
is answered, also where it is parsed past the event loop."""
LINE_TOO_LONG = (
    "A line of this file is too long: at most {0:,} bytes are taken of each. Use the file as it was exported."
)


async def bring_in_file(request: Request, chat: Chat, user_id: str) -> dict[str, int]:
    """How many items and conversations came in, and how many were there. Raises Refused, and UserError on its file."""
    folder = Path(await anyio.to_thread.run_sync(tempfile.mkdtemp, None, "mnemograph-import-"))
    try:
        path = folder / "export.json"
        size = line = 0
        async with await anyio.open_file(path, "wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if size > MAX_FILE_BYTES:
                    raise Refused(413, TOO_LONG.format(MAX_FILE_BYTES))
                longest, line = longest_line(piece, line)
                if longest > MAX_LINE_BYTES:
                    raise Refused(413, LINE_TOO_LONG.format(MAX_LINE_BYTES))
                await file.write(piece)
        header, _ = await anyio.to_thread.run_sync(checked, path)
        # Where people sign in, a thread is its owner's by the server's own mark.
        told = {OWNER: user_id} if settings().auth == "keys" else {}
        return (await import_file(chat, user_id, path, header, told=told)).as_json()
    finally:
        await anyio.to_thread.run_sync(shutil.rmtree, folder)


def longest_line(piece: bytes, begun: int) -> tuple[int, int]:
    """How long the longest line of this piece is, and its last one, of which `begun` bytes came before."""
    lengths = [len(each) for each in piece.split(b"\n")]
    lengths[0] += begun
    return max(lengths), lengths[-1]

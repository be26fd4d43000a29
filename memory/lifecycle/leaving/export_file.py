"""The file of an export: one JSON document, a record a line, so that neither end holds it whole. See docs/export.md."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from config.errors import UserError

FORMAT: Final = "mnemograph-export"
VERSION: Final = 1
ITEM: Final = "item"
CONVERSATION: Final = "conversation"
_OPEN: Final = '"records": ['

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Header:
    """Whose things they were, and when they were taken."""

    user: str
    exported_at: str


async def written(user_id: str, records: AsyncIterator[Record], now: datetime) -> AsyncIterator[str]:
    """The document, piece by piece."""
    head = {"format": FORMAT, "version": VERSION, "user": user_id, "exported_at": now.isoformat()}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ", " + _OPEN
    number, digest = 0, hashlib.sha256()
    async for record in records:
        line = canonical(record)
        digest.update(line.encode() + b"\n")
        yield (",\n" if number else "\n") + line
        number += 1
    yield f'\n], "count": {number}, "sha256": "{digest.hexdigest()}"}}\n'


def canonical(record: Record) -> str:
    """The one spelling of a record, over which the sum is taken: as it is read, unless it holds half a character."""
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(record, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)
    return text


def read(path: Path) -> tuple[Header, Iterator[Record]]:
    """The header, and the records in their order, as often as this is called.

    Raises UserError on what is no export, at once; and from the records where the document is not whole.
    """
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline().rstrip()
        if first.endswith(_OPEN):
            return _header(_loaded(first + "]}", _foreign(path)), path), _lines(path)
        document = _loaded(path.read_text(encoding="utf-8"), _foreign(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): name an export of Mnemograph.") from error
    except UnicodeDecodeError:
        raise _foreign(path) from None
    return _header(document, path), _checked(document.get("records"), document, path)


def _lines(path: Path) -> Iterator[Record]:
    def records(file: Iterator[str]) -> Iterator[Record]:
        for line in file:
            if line.startswith("]"):
                trailer.update(_loaded('{"records": [' + line, _damaged(path)))
                break
            yield _loaded(line.rstrip().removesuffix(","), _damaged(path))

    trailer: dict[str, Any] = {}
    try:
        with path.open(encoding="utf-8") as file:
            next(file)
            yield from _checked(records(file), trailer, path)
    except UnicodeDecodeError:
        raise _damaged(path) from None


def _checked(records: Any, trailer: Mapping[str, Any], path: Path) -> Iterator[Record]:
    """What the document says of itself at its end is held against what was read."""
    number, digest = 0, hashlib.sha256()
    for record in records if isinstance(records, list | Iterator) else []:
        digest.update(canonical(record).encode() + b"\n")
        number += 1
        if not isinstance(record, dict):
            raise _damaged(path)
        yield record
    if trailer.get("count") != number or trailer.get("sha256") != digest.hexdigest():
        raise _damaged(path)


def _header(document: Any, path: Path) -> Header:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _foreign(path)
    if document.get("version") != VERSION:
        raise UserError(
            f"{path.name} is an export of version {str(document.get('version'))[:20]}, and this Mnemograph reads "
            f"version {VERSION}: use the release that wrote it."
        )
    return Header(str(document.get("user") or ""), str(document.get("exported_at") or ""))


def _loaded(text: str, otherwise: UserError) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise otherwise from None


def _foreign(path: Path) -> UserError:
    return UserError(f"{path.name} is no export of Mnemograph: `mnemograph memories export` writes one.")


def _damaged(path: Path) -> UserError:
    return UserError(
        f"{path.name} is damaged or was altered, so nothing of it was taken: use the file as it was exported."
    )

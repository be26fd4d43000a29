"""The built page, from memory: only names that the build wrote are served, so no path can lead out of it."""

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

BUILT: Final = Path(__file__).resolve().parent / "static"
FRONT: Final = "/index.html"
TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
PACKED: Final = (".ico", ".png", ".woff2")
"""Kinds that gzip does not make smaller."""
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect", "worker", "font")),
        *(f"{what} 'none'" for what in ("base-uri", "form-action", "frame-ancestors")),
    )
)
GUARDS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"


@dataclass(frozen=True)
class Asset:
    """One file of the build; `packed` is its gzip, None where that is not smaller."""

    body: bytes
    packed: bytes | None
    kind: str
    cache: str

    @property
    def tag(self) -> str:
        # Weak: the same for both encodings.
        return f'W/"{hashlib.sha256(self.body).hexdigest()[:32]}"'


class Page:
    """Reads the folder once, and again when its index.html was written anew."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder
        self._written: int | None = None
        self._assets: dict[str, Asset] = {}
        self._reading = asyncio.Lock()

    async def answer(self, request: Request) -> Response | None:
        """The file that a GET or HEAD asks for; None where the build has none of that name, or was not made."""
        path = request.scope["path"]
        name = FRONT if path == "/" else path
        if name not in self._assets or name == FRONT:
            async with self._reading:
                await asyncio.to_thread(self._read)
        found = self._assets.get(name)
        return None if found is None else _response(request, found)

    def _read(self) -> None:
        index = self._folder / FRONT[1:]
        written = index.stat().st_mtime_ns if index.is_file() else None
        if written != self._written:
            self._assets = assets_in(self._folder) if written else {}
            self._written = written


def assets_in(folder: Path) -> dict[str, Asset]:
    """Every file below the folder that has a known kind, by its path on the server."""
    found: dict[str, Asset] = {}
    for file in sorted(folder.rglob("*")):
        kind = TYPES.get(file.suffix)
        if kind is None or not file.is_file():
            continue
        body = file.read_bytes()
        packed = None if file.suffix in PACKED else gzip.compress(body, mtime=0)
        name = f"/{file.relative_to(folder).as_posix()}"
        # What the build puts in assets/ has a hash of its content in its name.
        cache = FOR_EVER if name.startswith("/assets/") else ASK_AGAIN
        found[name] = Asset(body, packed if packed and len(packed) < len(body) else None, kind, cache)
    return found


def _response(request: Request, asset: Asset) -> Response:
    headers = {**GUARDS, "cache-control": asset.cache, "etag": asset.tag, "vary": "accept-encoding"}
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if asset.tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    body = asset.body
    if asset.packed is not None and _takes_gzip(request.headers.get("accept-encoding", "")):
        body = asset.packed
        headers["content-encoding"] = "gzip"
    headers |= {"content-type": asset.kind, "content-length": str(len(body))}
    return Response(b"" if request.method == "HEAD" else body, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() in ("gzip", "*") and weight.strip() not in ("q=0", "q=0.0"):
            return True
    return False

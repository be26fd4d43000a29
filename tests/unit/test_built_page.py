"""The built page as it is committed: of these sources, small at first view, and with nothing of elsewhere."""

import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

from server.page import BUILT

WEB = Path(__file__).resolve().parents[2] / "web"
# As web/built.ts has them.
SOURCES = ("built.ts", "index.html", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.ts")
NOT_BUILT = re.compile(r"\.test\.tsx?$|^src/testing\.ts$|(^|/)\.")
FIRST_VIEW_BYTES = 300_000


def digest_of(web: Path) -> str:
    """Of what the page is built of."""
    found = [web / name for name in SOURCES]
    files = [
        file for path in found for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()
    ]
    names = sorted(file.relative_to(web).as_posix() for file in files)
    digest = hashlib.sha256()
    for name in names:
        if not NOT_BUILT.search(name):
            digest.update(f"{name}\0{hashlib.sha256((web / name).read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


class Front(HTMLParser):
    """What index.html loads, and what it holds that runs or styles in place."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.parts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get("src") or given.get("href")
        if address:
            self.addresses.append(address)
        if address and (tag == "script" or given.get("rel") in ("stylesheet", "modulepreload")):
            self.loaded.append(address)
        name = given.get("name") or ""
        if name.startswith("part:"):
            self.parts[name.removeprefix("part:")] = (given.get("content") or "").split()
        if (tag == "script" and not given.get("src")) or tag == "style":
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


def front() -> Front:
    read = Front()
    read.feed((BUILT / "index.html").read_text(encoding="utf-8"))
    return read


def test_the_built_page_is_of_these_sources() -> None:
    built = json.loads((BUILT / "built.json").read_text(encoding="utf-8"))
    assert built["sources"] == digest_of(WEB), (
        "web/ changed and the page was not built again: run `make page` and commit server/static."
    )


def test_a_source_that_changes_is_seen_and_a_test_is_none(tmp_path: Path) -> None:
    for name in SOURCES:
        (tmp_path / name).touch()
    (tmp_path / "src").unlink()
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.tsx").write_text("1", encoding="utf-8")
    before = digest_of(tmp_path)
    (tmp_path / "src" / "main.test.tsx").write_text("1", encoding="utf-8")
    assert digest_of(tmp_path) == before
    (tmp_path / "src" / "main.tsx").write_text("2", encoding="utf-8")
    assert digest_of(tmp_path) != before


def test_the_first_view_is_small() -> None:
    loaded = ["index.html", *front().loaded]
    assert any(name.endswith(".js") for name in loaded) and any(name.endswith(".css") for name in loaded)
    sizes = {name: len(gzip.compress((BUILT / name).read_bytes(), 9, mtime=0)) for name in loaded}
    assert sum(sizes.values()) < FIRST_VIEW_BYTES, sizes


def test_the_front_loads_its_own_files_and_nothing_in_place() -> None:
    read = front()
    assert read.inline == []
    assert [address for address in read.addresses if not address.startswith("./")] == []
    assert [address for address in read.addresses if not (BUILT / address).is_file()] == []


def test_the_front_names_the_files_of_each_part_that_comes_later() -> None:
    brought = re.compile(r'brought\("(\w+)"')
    sources = [
        file.read_text(encoding="utf-8") for file in WEB.rglob("src/**/*.ts*") if ".test." not in file.name
    ]
    asked = {name for text in sources for name in brought.findall(text)}
    read = front()
    assert asked and asked <= read.parts.keys()
    for name, files in read.parts.items():
        assert any(Path(file).name.startswith(f"{name}-") and file.endswith(".js") for file in files), name
        assert [file for file in files if not (BUILT / file).is_file()] == []
        assert [file for file in files if file in read.loaded] == []


def test_the_page_brings_no_tracing_of_its_own() -> None:
    for script in BUILT.rglob("*.js"):
        assert "smith.langchain.com" not in script.read_text(encoding="utf-8"), script

"""`mnemograph dev`: the memory, and `langgraph dev` on top of it, kept running until told to stop."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from cli.claim import Claim
from cli.console import out
from cli.serving import MemoryCheck, Place, close_to_others, free_port
from cli.supervisor import Supervisor
from config.env_file import project_root
from config.errors import UserError
from config.settings import Settings
from memory.postgres.embedded import EmbeddedServer
from memory.postgres.layout import DataFolder
from memory.postgres.locks import FileLock

STOP_LIMIT_S = 8.0
TICK_S = 0.05


def dev(configured: Settings, *, port: int | None, reload: bool) -> int:
    """Serve until Ctrl-C or SIGTERM; the exit status. Raises UserError when it cannot start."""
    root = project_root()
    if not (root / "langgraph.json").is_file():
        raise UserError("There is no langgraph.json here: run this in the project's folder.")
    with _database(configured) as folder:
        status = _serve(configured, root, folder, port=port, reload=reload)
    out.print("Stopped; nothing is left running." if status == 0 else "Stopped.")
    return status


def _serve(configured: Settings, root: Path, folder: Path, *, port: int | None, reload: bool) -> int:
    claim = Claim(folder)
    check = MemoryCheck(root)
    try:
        wanted = port or configured.port
        place = Place(root, folder, configured.host, free_port(configured.host, wanted))
        if place.port != wanted:
            out.print(f"Port {wanted} is taken, so this server uses [bold]{place.port}[/].")
        claim.note(place.url)
        close_to_others(folder)
        return Supervisor(place, configured, claim.inherited, check, reload=reload).run()
    finally:
        check.end()
        claim.release()


@contextlib.contextmanager
def _database(configured: Settings) -> Iterator[Path]:
    """The data folder, with the embedded Postgres running when it is the one to use."""
    folder = configured.data_path.expanduser().resolve()
    if not _needs_embedded(configured):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"The data folder {folder} cannot be made ({error.strerror}).") from error
        yield folder
        return
    postgres = EmbeddedServer(folder)
    postgres.acquire()
    try:
        yield folder
    finally:
        postgres.release()
        _wait_for_end(DataFolder(folder))


def _needs_embedded(configured: Settings) -> bool:
    used = "postgres" in (configured.store, configured.checkpointer.get_secret_value())
    return used and configured.postgres.get_secret_value() == "embedded"


def _wait_for_end(folder: DataFolder) -> None:
    """Until the guard has stopped Postgres, unless somebody else uses it."""
    others = FileLock(folder.clients_lock)
    alone = others.try_exclusive()
    others.release()
    end = time.monotonic() + STOP_LIMIT_S
    while alone and folder.state.exists() and time.monotonic() < end:
        time.sleep(TICK_S)

"""A cluster that is made once a session and copied for whoever needs one, and a Postgres that waits for no disk."""

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.postgres import cluster as clusters
from memory.postgres.embedded import _address
from memory.postgres.housing import prepare, socket_folder
from memory.postgres.layout import DataFolder
from tests.services.postgres import PATIENCE_S, new_data_folder, until, wipe

# What a crash of the machine would lose is tested nowhere; a server that is killed loses nothing by it.
_NO_DISK = ("fsync", "full_page_writes", "synchronous_commit")


@pytest.fixture(scope="session")
def made_folder() -> Iterator[Path]:
    """A data folder after its first start; to be copied, not to be used."""
    folder = new_data_folder()
    prepare(DataFolder(folder))
    yield folder
    wipe(folder)


def copy_cluster(made: Path, folder: Path) -> None:
    """`folder` is now as its first start would have left it; or still empty, where root keeps clusters elsewhere."""
    if not DataFolder(made).pointer.exists():
        parts = [DataFolder(made).cluster, DataFolder(made).password]
        # It keeps the owners, which shutil does not.
        subprocess.run(["cp", "-a", *parts, folder], check=True)


@pytest.fixture
def used_data_dir(made_folder: Path, data_dir: Path) -> Path:
    """A data folder after its first start."""
    copy_cluster(made_folder, data_dir)
    return data_dir


@contextlib.contextmanager
def quick_server(made: Path, statements: str = "") -> Iterator[str]:
    """The address of a server without a guard on a copy of the cluster, after SQL in single-user mode."""
    data = DataFolder(new_data_folder())
    copy_cluster(made, data.path)
    cluster = prepare(data)
    if statements:
        cluster._single(cluster.path, statements)
    sockets = socket_folder(data, cluster)
    with pytest.MonkeyPatch.context() as patch:
        for name in _NO_DISK:
            patch.setitem(clusters._SETTINGS, name, "off")
        process = cluster.launch(sockets)
    until(lambda: process.poll() is not None or cluster.is_ready(process.pid), "Postgres is up")
    data.state.write_text(json.dumps({"pid": process.pid, "socket": str(sockets)}), encoding="utf-8")
    address = _address(data)
    assert process.poll() is None and address, data.log.read_text()
    try:
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
        wipe(data.path)


@pytest.fixture(scope="session")
def postgres_address(made_folder: Path) -> Iterator[str]:
    """A running server's address; the same one for the whole session."""
    with quick_server(made_folder) as address:
        yield address


@pytest.fixture(scope="session")
def superuser_address(made_folder: Path) -> Iterator[str]:
    """Another server, where our role is a superuser, whom row security does not bind."""
    with quick_server(made_folder, f"ALTER ROLE {clusters.ROLE} SUPERUSER;\n") as address:
        yield address

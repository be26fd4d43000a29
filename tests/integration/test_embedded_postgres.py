"""The embedded server under the hands of people who kill things."""

import asyncio
import errno
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.errors import UserError
from memory.postgres import embedded
from memory.postgres.binaries import MAJOR, copy_binaries, find_binaries
from memory.postgres.embedded import EmbeddedServer, embedded_postgres
from memory.postgres.guard import bound_log
from memory.postgres.layout import DataFolder
from memory.postgres.trouble import folder_trouble, start_failure
from tests.services.postgres import (
    Client,
    gone,
    guard_of,
    kill,
    new_data_folder,
    postmaster_of,
    processes,
    until,
    wipe,
)


def execute(address: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def answers(address: str) -> bool:
    try:
        return execute(address, "SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


def note(address: str, value: int) -> None:
    execute(address, "CREATE TABLE IF NOT EXISTS notes (value int)")
    execute(address, f"INSERT INTO notes VALUES ({value})")


def notes(address: str) -> list[int]:
    return sorted(row[0] for row in execute(address, "SELECT value FROM notes"))


def test_it_starts_serves_vectors_and_stops_with_its_last_client(data_dir: Path) -> None:
    first, second = EmbeddedServer(data_dir), EmbeddedServer(data_dir)
    address = first.acquire()
    assert first.acquire() == address == second.acquire()
    assert execute(address, "SELECT '[1,2]'::vector <-> '[1,3]'::vector") == [(1.0,)]
    assert execute(address, "SELECT current_user::text, current_database()::text") == [("mnemograph",) * 2]
    assert execute(address, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
    settings = "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'jit', 'listen_addresses')"
    assert dict(execute(address, settings)) == {"fsync": "on", "jit": "off", "listen_addresses": ""}
    first.release()
    assert answers(address)
    second.release()
    gone(data_dir)
    assert not (data_dir / "socket").exists()
    third = EmbeddedServer(data_dir)
    assert third.acquire() == address
    third.release()


def test_only_its_owner_gets_in(data_dir: Path) -> None:
    server = EmbeddedServer(data_dir)
    address = server.acquire()
    folder = DataFolder(data_dir)
    password = folder.password.read_text()
    assert password in address
    for path in (folder.password, folder.log, folder.state):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in (folder.cluster, data_dir / "socket"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.replace(password, "wrong"))
    assert password not in folder.log.read_text()
    assert not any(password in args for args in processes(data_dir).values())
    server.release()


def test_a_lost_password_is_replaced(used_data_dir: Path) -> None:
    server = EmbeddedServer(used_data_dir)
    note(server.acquire(), 1)
    server.release()
    gone(used_data_dir)
    (used_data_dir / "password").unlink()
    assert notes(server.acquire()) == [1]
    server.release()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_client_leaves_no_orphan_and_loses_nothing(used_data_dir: Path, number: int) -> None:
    client = Client(used_data_dir)
    note(client.address, 1)
    client.end(number)
    gone(used_data_dir)
    again = Client(used_data_dir)
    assert notes(again.address) == [1]
    again.end()


def test_two_clients_share_one_server_and_either_may_die(used_data_dir: Path) -> None:
    first, second = Client(used_data_dir), Client(used_data_dir)
    assert first.address == second.address
    postmaster = postmaster_of(used_data_dir)
    note(first.address, 1)
    first.end()
    note(second.address, 2)
    third = Client(used_data_dir)
    assert notes(third.address) == [1, 2]
    second.end()
    assert notes(third.address) == [1, 2]
    assert postmaster_of(used_data_dir) == postmaster
    third.end()


def test_six_processes_start_at_once_on_a_fresh_folder(data_dir: Path) -> None:
    clients = [Client(data_dir) for _ in range(6)]
    assert len({client.address for client in clients}) == 1
    guard_of(data_dir)  # exactly one
    for value, client in enumerate(clients):
        note(client.address, value)
    assert notes(clients[0].address) == list(range(6))
    for client in clients:
        client.end()


def test_a_killed_postmaster_is_replaced_while_clients_live(used_data_dir: Path) -> None:
    client = Client(used_data_dir)
    note(client.address, 1)
    for value in (2, 3):
        killed = postmaster_of(used_data_dir)
        os.kill(killed, signal.SIGKILL)
        until(lambda: answers(client.address), "Postgres is back")
        assert postmaster_of(used_data_dir) != killed
        note(client.address, value)
    assert notes(client.address) == [1, 2, 3]
    client.end()


def test_a_killed_guard_is_replaced_while_clients_live(used_data_dir: Path) -> None:
    client = Client(used_data_dir)
    note(client.address, 1)
    for value in (2, 3):
        killed = guard_of(used_data_dir)
        os.kill(killed, signal.SIGKILL)
        until(lambda killed=killed: killed not in processes(used_data_dir), "the guard is dead")
        until(
            lambda: any("guard" in args for args in processes(used_data_dir).values()), "another guard came"
        )
        until(lambda: answers(client.address), "Postgres is back")
        note(client.address, value)
    assert notes(client.address) == [1, 2, 3]
    guard_of(used_data_dir)
    client.end()


def test_a_terminated_guard_is_replaced_while_clients_live(used_data_dir: Path) -> None:
    client = Client(used_data_dir)
    note(client.address, 1)
    killed = guard_of(used_data_dir)
    os.kill(killed, signal.SIGTERM)
    until(lambda: killed not in processes(used_data_dir), "the guard is gone")
    until(lambda: answers(client.address), "Postgres is back")
    assert notes(client.address) == [1]
    client.end()


def test_guard_and_client_killed_together_leave_no_orphan(used_data_dir: Path) -> None:
    client = Client(used_data_dir)
    note(client.address, 1)
    guard = guard_of(used_data_dir)
    client.process.send_signal(signal.SIGKILL)
    os.kill(guard, signal.SIGKILL)
    client.end()
    gone(used_data_dir)
    again = Client(used_data_dir)
    assert notes(again.address) == [1]
    again.end()


def test_everything_killed_at_once_loses_nothing(used_data_dir: Path) -> None:
    client = Client(used_data_dir)
    note(client.address, 1)
    kill([client.process.pid, *processes(used_data_dir)])
    client.end()
    gone(used_data_dir)
    assert (DataFolder(used_data_dir).cluster / "postmaster.pid").exists()
    again = Client(used_data_dir)
    assert notes(again.address) == [1]
    again.end()


def test_a_killed_backend_costs_nobody_a_row(used_data_dir: Path) -> None:
    client = Client(used_data_dir)
    note(client.address, 1)
    with psycopg.connect(client.address, autocommit=True) as victim:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            victim.execute("SELECT 1")
    until(lambda: answers(client.address), "Postgres recovered")
    assert notes(client.address) == [1]
    client.end()


def test_a_client_that_comes_while_the_server_stops_gets_one(used_data_dir: Path) -> None:
    for value in range(6):
        client = Client(used_data_dir)
        note(client.address, value)
        client.end()  # the next one arrives at a different moment of the guard's last tick
        asyncio.run(asyncio.sleep(0.12 * value))
    last = Client(used_data_dir)
    assert notes(last.address) == list(range(6))
    last.end()


def test_a_client_killed_during_the_first_start_spoils_nothing(data_dir: Path) -> None:
    for part in ("cluster.new-", "cluster"):
        client = Client(data_dir)
        until(
            lambda part=part: any(p.name.startswith(part) for p in data_dir.iterdir()),
            f"{part} appears",
        )
        client.end()
    again = Client(data_dir)
    note(again.address, 1)
    assert notes(again.address) == [1]
    assert not list(data_dir.glob("cluster.new-*"))
    again.end()


def test_a_guard_killed_during_the_first_start_spoils_nothing(data_dir: Path) -> None:
    client = Client(data_dir)
    until(lambda: list(data_dir.glob("cluster.new-*/global")), "initdb is at work")
    until(lambda: any("guard" in a for a in processes(data_dir).values()), "the guard is there")
    for pid, args in processes(data_dir).items():
        if "memory.postgres.guard" in args:
            os.kill(pid, signal.SIGKILL)
    client.end()
    for _ in range(2):  # what was dying beside the first start is swept by the second
        again = Client(data_dir)
        assert answers(again.address)
        again.end()
        gone(data_dir)
    assert not list(data_dir.glob("cluster.new-*"))


def test_a_pid_file_from_before_a_reboot_misleads_nobody(used_data_dir: Path) -> None:
    client = Client(used_data_dir)
    note(client.address, 1)
    kill([client.process.pid, *processes(used_data_dir)])
    client.end()
    gone(used_data_dir)
    pid_file = DataFolder(used_data_dir).cluster / "postmaster.pid"
    owner = pid_file.stat().st_uid
    account = {} if owner == os.geteuid() else {"user": owner}
    with subprocess.Popen(["/bin/sleep", "600"], **account) as bystander:
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        again = Client(used_data_dir)
        assert notes(again.address) == [1]
        assert bystander.poll() is None  # it was not taken for a Postgres and ended
        bystander.kill()
    again.end()


def test_a_removed_data_folder_ends_its_server() -> None:
    folder = new_data_folder()
    client = Client(folder)
    assert client.address
    until(lambda: shutil.rmtree(folder, ignore_errors=True) or not folder.exists(), "the folder is removed")
    gone(folder)
    client.end()


def test_a_long_path_gets_its_socket_elsewhere(data_dir: Path) -> None:
    deep = data_dir / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    for folder in (deep.parent, deep):
        folder.chmod(0o711)
    server = EmbeddedServer(deep)
    address = server.acquire()
    sockets = Path(psycopg.conninfo.conninfo_to_dict(address)["host"])
    assert deep not in sockets.parents
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert answers(address)
    server.release()
    gone(deep)
    assert not sockets.exists()
    # A folder that somebody else put in the way is not used.
    sockets.mkdir(mode=0o777)
    sockets.chmod(0o777)
    address = server.acquire()
    assert Path(psycopg.conninfo.conninfo_to_dict(address)["host"]) != sockets
    assert answers(address)
    server.release()
    gone(deep)
    sockets.rmdir()


def test_names_with_spaces_quotes_commas_and_umlauts(data_dir: Path) -> None:
    folder = data_dir / """a b,"c' ü%20"""
    folder.mkdir()
    folder.chmod(0o711)
    server = EmbeddedServer(folder)
    assert answers(server.acquire())
    server.release()
    gone(folder)


async def test_users_in_one_process_share_a_claim(used_data_dir: Path) -> None:
    async with embedded_postgres(used_data_dir) as first:
        async with embedded_postgres(used_data_dir) as second:
            assert first == second
        assert len(embedded._shared) == 1
        assert await asyncio.to_thread(answers, first)
    assert not embedded._shared
    await asyncio.to_thread(gone, used_data_dir)


async def test_a_cancelled_start_keeps_no_claim(data_dir: Path) -> None:
    async def use() -> None:
        async with embedded_postgres(data_dir):
            await asyncio.sleep(600)

    task = asyncio.create_task(use())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not embedded._shared
    await asyncio.to_thread(gone, data_dir)


def test_another_major_version_is_refused_in_a_sentence(data_dir: Path) -> None:
    cluster = data_dir / "cluster"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(UserError, match=r"made by PostgreSQL 16 and this installation carries PostgreSQL 18"):
        EmbeddedServer(data_dir).acquire()


def test_a_file_in_place_of_the_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(UserError, match="is a file: name a folder"):
        EmbeddedServer(tmp_path / "data").acquire()
    with pytest.raises(UserError, match="cannot be used"):
        EmbeddedServer(tmp_path / "data" / "inside").acquire()


def test_a_damaged_cluster_is_refused_with_the_telling_line(used_data_dir: Path) -> None:
    server = EmbeddedServer(used_data_dir)
    note(server.acquire(), 1)
    server.release()
    gone(used_data_dir)
    control = DataFolder(used_data_dir).cluster / "global" / "pg_control"
    kept = control.read_bytes()
    control.write_bytes(b"")
    with pytest.raises(UserError, match=r"did not start \(.*global/pg_control.*\): see .*server\.log"):
        server.acquire()
    gone(used_data_dir)
    control.write_bytes(kept)
    assert notes(server.acquire()) == [1]
    server.release()


def test_a_lost_database_is_not_taken_for_a_fresh_start(used_data_dir: Path) -> None:
    server = EmbeddedServer(used_data_dir)
    server.acquire()
    server.release()
    gone(used_data_dir)
    shutil.rmtree(DataFolder(used_data_dir).cluster)
    with pytest.raises(UserError, match="is gone: restore it"):
        server.acquire()


def other_user() -> int:
    """Somebody without rights when we are root; else ourselves, who are such a user."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()


def owner_of(pid: int) -> int:
    command = ["ps", "-o", "uid=", "-p", str(pid)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_it_runs_as_the_owner_of_the_folder_and_locks_nobody_out(data_dir: Path) -> None:
    owner = other_user()
    data_dir.chmod(0o700)
    os.chown(data_dir, owner, -1)
    server = EmbeddedServer(data_dir)
    note(server.acquire(), 1)
    assert not DataFolder(data_dir).pointer.exists()
    assert owner_of(postmaster_of(data_dir)) == owner
    server.release()
    gone(data_dir)
    assert {path.stat().st_uid for path in data_dir.iterdir()} == {owner}


def test_a_folder_that_cannot_be_written_is_refused_in_a_sentence(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(UserError, match=r"cannot be written: give yourself the right to"):
        EmbeddedServer(data_dir).acquire()


@pytest.mark.parametrize(
    ("number", "part"),
    [
        (errno.EACCES, "cannot be written"),
        (errno.EROFS, "cannot be written"),
        (errno.ENOSPC, "is full: free some space"),
        (errno.EDQUOT, "is full: free some space"),
        (errno.EIO, "cannot be used (Input/output error)"),
    ],
)
def test_what_the_system_refuses_is_a_sentence(number: int, part: str) -> None:
    assert part in folder_trouble(OSError(number, os.strerror(number)), Path("/d")).sentence


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Where anybody may run programs, which is often forbidden in memory."""
    with tempfile.TemporaryDirectory(prefix="mnemograph-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name).resolve()


def test_a_copy_of_the_programs_works_and_is_made_once(open_folder: Path) -> None:
    copied = copy_binaries(find_binaries(), open_folder)
    assert copy_binaries(find_binaries(), open_folder) == copied
    assert [path.name for path in open_folder.iterdir()] == [copied.root.parents[1].name]
    for program in (copied.postgres, copied.initdb):  # initdb wants libpq, which the wheel keeps apart
        command = [program, "--version"]
        ran = subprocess.run(command, user=other_user(), capture_output=True, text=True, check=True)
        assert f") {MAJOR}." in ran.stdout
    assert (copied.root / "share" / "postgresql" / "extension" / "vector.control").is_file()


def test_without_the_package_the_way_out_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"set MNEMOGRAPH_POSTGRES .* or install the `dev` extra"):
        EmbeddedServer(data_dir).acquire()


def test_a_full_disk_is_named() -> None:
    said = 'FATAL:  could not write lock file "postmaster.pid": No space left on device'
    assert start_failure(said, Path("/d"), Path("/d/log")).startswith("The disk that holds /d is full")


def test_a_loader_that_fails_is_quoted() -> None:
    said = "initdb: libpq.so.5: cannot open shared object file\n\n"
    assert "(initdb: libpq.so.5: cannot open shared object file)" in start_failure(
        said, Path("/d"), Path("/l")
    )


def test_the_log_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    bound_log(log, limit=10)
    log.write_text("x" * 11)
    bound_log(log, limit=10)
    assert log.read_text() == ""
    assert (tmp_path / "server.log.1").read_text() == "x" * 11


def test_what_root_cannot_share_is_kept_elsewhere(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir()
    closed.chmod(0o700)
    server = EmbeddedServer(closed / "data")
    note(server.acquire(), 1)
    folder = DataFolder(closed / "data")
    assert folder.pointer.exists() == (os.geteuid() == 0)
    home = folder.home
    server.release()
    gone(closed / "data")
    assert notes(server.acquire()) == [1]
    server.release()
    gone(closed / "data")
    assert folder.home == home
    wipe(closed / "data")


def test_a_password_of_random_bits_is_not_stretched_at_every_connection(superuser_address: str) -> None:
    with psycopg.connect(superuser_address) as connection:
        row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = current_user").fetchone()
    assert row is not None
    assert row[0].startswith("SCRAM-SHA-256$1:")

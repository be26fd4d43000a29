"""What people read when Postgres fails."""

import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolTimeout

from config.errors import UserError
from memory.postgres.errors import explain, is_transient, place_name, redact

ADDRESS = "postgresql://ann:s3cret@db.example:5433/notes"

KNOWN = [
    (errors.DiskFull("could not extend file"), "is full: free some space"),
    (errors.TooManyConnections("sorry, too many clients already"), "no connection left"),
    (psycopg.OperationalError("FATAL:  sorry, too many clients already"), "no connection left"),
    (errors.InvalidPassword("password authentication failed"), "refused the login"),
    (psycopg.OperationalError('FATAL:  password authentication failed for user "ann"'), "refused the login"),
    (psycopg.OperationalError("FATAL:  no pg_hba.conf entry for host"), "refused the login"),
    (psycopg.OperationalError('FATAL:  database "notes" does not exist'), "no database of that name"),
    (errors.QueryCanceled("canceling statement due to statement timeout"), "took too long"),
    (errors.AdminShutdown("terminating connection due to administrator command"), "ended the connection"),
    (errors.CrashShutdown("terminating connection because of crash"), "ended the connection"),
    (errors.CannotConnectNow("the database system is starting up"), "ended the connection"),
    (psycopg.OperationalError("server closed the connection unexpectedly"), "ended the connection"),
    (psycopg.OperationalError("the connection is closed"), "ended the connection"),
    (errors.InsufficientPrivilege("permission denied for table notes"), "does not permit"),
    (errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"), "is read-only"),
    (errors.FeatureNotSupported('extension "vector" is not available'), "lacks the extension vector"),
    (errors.UndefinedObject('type "vector" does not exist'), "lacks the extension vector"),
    (psycopg.OperationalError("connection failed: Connection refused"), "cannot be reached"),
    (psycopg.errors.ConnectionTimeout("connection timeout expired"), "cannot be reached"),
    (psycopg.OperationalError("failed to resolve host 'db.example': -2"), "cannot be reached"),
    (PoolTimeout("couldn't get a connection after 5.00 sec"), "gave no connection in time"),
]


@pytest.mark.parametrize(("error", "part"), KNOWN, ids=lambda value: str(value)[:40])
def test_known_troubles_are_one_sentence_with_the_place_and_no_secret(error: Exception, part: str) -> None:
    found = explain(error, ADDRESS)
    assert found is not None
    assert part in found.sentence
    assert "db.example:5433" in found.sentence
    assert "s3cret" not in found.sentence
    assert "\n" not in found.sentence
    assert found.sentence.endswith(".")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("database system is down"),
        errors.UniqueViolation("duplicate key"),
        errors.FeatureNotSupported("cannot insert into a view"),
        errors.UndefinedObject('type "color" does not exist'),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_it_does_not_know_it_leaves_alone(error: Exception) -> None:
    assert explain(error, ADDRESS) is None


def test_causes_contexts_and_groups_are_searched() -> None:
    lost = errors.AdminShutdown("terminating connection")
    caused = RuntimeError("node failed")
    caused.__cause__ = lost
    in_context = RuntimeError("node failed")
    in_context.__context__ = caused
    for error in (caused, in_context, BaseExceptionGroup("several", [ValueError("x"), in_context])):
        found = explain(error)
        assert found is not None
        assert "ended the connection" in found.sentence


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert explain(first) is None


def test_a_sentence_already_made_is_kept() -> None:
    made = UserError("Do this.")
    outer = RuntimeError("x")
    outer.__cause__ = made
    assert explain(outer) is made


def test_waiting_helps_against_some_only() -> None:
    assert is_transient(psycopg.OperationalError("Connection refused"))
    assert is_transient(psycopg.OperationalError("FATAL:  the database system is starting up"))
    assert is_transient(psycopg.OperationalError("FATAL:  sorry, too many clients already"))
    assert not is_transient(psycopg.OperationalError('password authentication failed for user "ann"'))
    assert not is_transient(psycopg.OperationalError('FATAL:  database "x" does not exist'))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (ADDRESS, "postgresql://ann@db.example:5433/notes"),
        ("host=db user=ann password=s3cret dbname=notes", "postgresql://ann@db/notes"),
        ("postgresql://ann:s3cret@/notes?host=%2Frun%2Fpg", "postgresql://ann@/notes?host=/run/pg"),
        ("postgresql://h/d?password=s3cret&sslpassword=s3cret", "postgresql://h/d"),
        ("postgresql://ann:s3cret@h:port with spaces/%zz", "(an address that is not a Postgres URI)"),
    ],
)
def test_addresses_are_shown_without_their_password(address: str, shown: str) -> None:
    assert redact(address) == shown


def test_places() -> None:
    assert place_name("postgresql://h/d") == "h:5432"
    assert place_name("postgresql:///d?host=/run/pg") == "/run/pg"
    assert place_name("") == place_name("not an address") == "MNEMOGRAPH_POSTGRES"

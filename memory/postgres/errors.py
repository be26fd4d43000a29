"""What went wrong with Postgres, in one sentence for people; and addresses without their password."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from config.errors import UserError


@dataclass(frozen=True)
class _Kind:
    """How a trouble is known, by SQLSTATE or by what is said at connecting, where there is no SQLSTATE."""

    states: tuple[str, ...]
    said: re.Pattern[str] | None
    sentence: Callable[[str], str]


def _kind(states: str, said: str, sentence: str) -> _Kind:
    return _Kind(
        tuple(states.split()),
        re.compile(said, re.IGNORECASE) if said else None,
        lambda where: sentence.format(where=where),
    )


_KINDS = (
    _kind(
        "53100",
        "No space left on device|could not extend file",
        "The disk of the Postgres at {where} is full: free some space there and try again.",
    ),
    _kind(
        "53300",
        "too many clients|connection slots are reserved|too many connections",
        "The Postgres at {where} has no connection left: lower the pool's size, or raise max_connections "
        "there.",
    ),
    _kind(
        "28P01 28000",
        "password authentication failed|no password supplied|no pg_hba.conf entry|role .* does not exist",
        "The Postgres at {where} refused the login: check the user and password in MNEMOGRAPH_POSTGRES.",
    ),
    _kind(
        "3D000",
        "database .* does not exist",
        "The Postgres at {where} has no database of that name: create it, or correct MNEMOGRAPH_POSTGRES.",
    ),
    _kind(
        "58P01 0A000",
        r"extension .?vector.? is not available|extension control file .*vector",
        "The Postgres at {where} lacks the extension vector: install pgvector there.",
    ),
    _kind(
        "42704",
        r"type .?(public\.)?(vector|halfvec).? does not exist",
        "The database at {where} lacks the extension vector: run CREATE EXTENSION vector in it as an "
        "administrator.",
    ),
    _kind(
        "42501",
        "",
        "The Postgres at {where} does not permit this to our user: grant it the rights on its database.",
    ),
    _kind(
        "25006",
        "read-only transaction",
        "The Postgres at {where} is read-only, as a standby is: give the address of the primary.",
    ),
    _kind(
        "57014",
        "canceling statement",
        "The Postgres at {where} gave up what was asked of it, which took too long: ask for less at once.",
    ),
    _kind(
        "57P01 57P02 57P03",
        "server closed the connection|terminating connection|database system is|connection is (closed|lost)",
        "The Postgres at {where} ended the connection, as it does when it stops or restarts: try again in a "
        "moment.",
    ),
    _kind(
        "08000 08001 08003 08004 08006",
        "Connection refused|timeout expired|No such file or directory|could not translate host|"
        "failed to resolve host|No route to host|Network is unreachable|connection failed|"
        "Name or service not known|nodename nor servname|No address associated|Permission denied",
        "The Postgres at {where} cannot be reached: start it, or correct MNEMOGRAPH_POSTGRES.",
    ),
)
# These states mean many things; what was said must fit as well.
_AMBIGUOUS = {"0A000", "58P01", "42704"}
_CROWDED = _KINDS[1]
_LOST = _KINDS[-2]
_UNREACHABLE = _KINDS[-1]


def explain(error: BaseException, address: str = "") -> UserError | None:
    """One sentence for what is known about Postgres in `error` or its causes; None for anything else.

    Args:
        error: as it was caught; its causes, contexts and group members are looked at, too.
        address: where it was sent, named in the sentence without its password.
    """
    where = place_name(address)
    for found in _chain(error):
        if isinstance(found, UserError):
            return found
        if isinstance(found, (PoolTimeout, PoolClosed, TooManyRequests)):
            return UserError(
                f"The Postgres at {where} gave no connection in time: it is down, or every connection is in "
                "use; start it, or try again in a moment."
            )
        if isinstance(found, psycopg.Error) and (kind := _classify(found)):
            return UserError(kind.sentence(where))
    return None


def is_transient(error: psycopg.Error) -> bool:
    """Whether connecting may succeed a moment later without anybody changing a setting."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    return _classify(error) in (_UNREACHABLE, _LOST, _CROWDED, None)


def redact(address: str) -> str:
    """The address as it may be printed: user, place and database, never a password."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.Error:
        return "(an address that is not a Postgres URI)"
    user = f"{parts['user']}@" if parts.get("user") else ""
    host, port = str(parts.get("host") or ""), str(parts.get("port") or "")
    database = parts.get("dbname") or ""
    if host.startswith("/"):
        return f"postgresql://{user}/{database}?host={host}"
    return f"postgresql://{user}{host}{':' if port else ''}{port}/{database}"


def place_name(address: str) -> str:
    """`host:port`, or the socket folder, or "MNEMOGRAPH_POSTGRES" when the address cannot be read."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.Error:
        return "MNEMOGRAPH_POSTGRES"
    if not parts:
        return "MNEMOGRAPH_POSTGRES"
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    return host if host.startswith("/") else f"{host}:{parts.get('port') or 5432}"


def _classify(error: psycopg.Error) -> _Kind | None:
    said = str(error)
    if error.sqlstate is not None:
        for kind in _KINDS:
            if error.sqlstate in kind.states:
                certain = error.sqlstate not in _AMBIGUOUS or (kind.said and kind.said.search(said))
                return kind if certain else None
        # A full disk also shows up as a plain I/O error.
        return _KINDS[0] if error.sqlstate == "58030" and "No space left" in said else None
    if isinstance(error, psycopg.OperationalError):
        return next((kind for kind in _KINDS if kind.said and kind.said.search(said)), None)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__]
        if isinstance(found, BaseExceptionGroup):
            waiting += found.exceptions

"""Which rows a reader may see and write, held by the database: beside its owner a transaction names who reads.

A grant is an item under (<owner>, "grants") whose key says all of it (memory.lifecycle.sharing.grants), which a
trigger copies into memory_grants: keys are in clear where values are sealed, and a policy on memory_items cannot ask
memory_items.
Without a reader each policy is one constant a statement.
"""

from collections.abc import Iterable
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from memory.long_term.rows.isolation import EVERYBODY, SETTING, TENANT, entering
from memory.long_term.rows.readers import ANY_KIND, BOOKS, RESERVED
from memory.long_term.rows.tables import PARTITIONS, TABLES
from memory.namespaces import ROOMS
from memory.postgres.migrations import Migration

READER: Final = "mnemograph.reader"
GRANTS: Final = RESERVED[0]

_ENTER: Final = f"SELECT {entering('%s', '%s')}, set_config('{READER}', %s, true)"


def _listed(kinds: Iterable[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


_WORDS: Final = f"string_to_array(current_setting('{READER}', true), ' ')"
_NOBODY: Final = f"(SELECT COALESCE(current_setting('{READER}', true), '') = '')"

_TABLE: LiteralString = """
    CREATE TABLE memory_grants (
        owner text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        grantee text NOT NULL,
        keeper text NOT NULL,
        kinds text[] NOT NULL,
        writes boolean NOT NULL,
        ends_at timestamptz,
        PRIMARY KEY (owner, key)
    )
"""
# What another program puts there under a key of another form grants nothing.
_KEY: Final = (
    "^(agent|team|user):[A-Za-z0-9=-]+/([A-Za-z0-9=-]+)?/(\\*|[A-Za-z0-9=-]+([+][A-Za-z0-9=-]+)*)"
    "/(read|write)/[0-9]{1,15}$"
)
_COPY: Final = f"""
    CREATE FUNCTION mnemograph_copy_grant() RETURNS trigger LANGUAGE plpgsql AS $copy$
    DECLARE part text[] := string_to_array(NEW.key, '/');
    BEGIN
        IF NEW.key ~ '{_KEY}' THEN
            INSERT INTO memory_grants (owner, key, grantee, keeper, kinds, writes, ends_at) VALUES (
                NEW.owner, NEW.key, part[1], part[2], string_to_array(part[3], '+'), part[4] = 'write',
                CASE WHEN part[5]::bigint > 0 THEN to_timestamp(part[5]::bigint / 1000.0) END
            ) ON CONFLICT DO NOTHING;
        END IF;
        RETURN NULL;
    END $copy$
"""  # noqa: S608 - our own names
_DROP: Final = """
    CREATE FUNCTION mnemograph_drop_grant() RETURNS trigger LANGUAGE plpgsql AS $drop$
    BEGIN
        DELETE FROM memory_grants WHERE owner = OLD.owner AND key = OLD.key;
        RETURN NULL;
    END $drop$
"""
_TRIGGERS: Final = tuple(
    f"CREATE TRIGGER memory_{name}_grant AFTER {event} ON memory_items FOR EACH ROW "
    f"WHEN ({row}.path = '{GRANTS}') EXECUTE FUNCTION mnemograph_{name}_grant()"
    for name, event, row in (("copy", "INSERT", "NEW"), ("drop", "DELETE", "OLD"))
)
# Grants to an agent or a team hold where it works for the owner, grants to a user wherever that user's agents ask. As a
# function it is planned when somebody reads, not with every statement; its body is bound to the tables as they are.
_ROOMS: Final = f"""
    CREATE FUNCTION mnemograph_rooms(writing boolean) RETURNS text[] LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT COALESCE(array_agg(room), '{{}}') FROM (
            SELECT g.owner || '.' || kind || '.' || g.keeper AS room
            FROM memory_grants g
            CROSS JOIN unnest(g.kinds || CASE WHEN g.writes THEN ARRAY[{_listed(BOOKS)}] ELSE '{{}}' END) AS kind
            WHERE g.grantee = ANY({_WORDS}) AND (g.writes OR NOT writing) AND (g.ends_at IS NULL OR g.ends_at > now())
                AND (g.grantee LIKE 'user:%' OR g.owner = ({_WORDS})[1])
            UNION ALL
            SELECT CASE WHEN word LIKE 'user:%' THEN home ELSE home || '.{ANY_KIND}.' || substr(word, 6) END
            FROM unnest({_WORDS}) AS word, (SELECT ({_WORDS})[1] AS home) AS at_home
            WHERE word LIKE 'room:%'
                OR (word LIKE 'user:%' AND NOT EXISTS (SELECT FROM unnest({_WORDS}) AS w WHERE w LIKE 'room:%'))
        ) AS open;
    END
"""  # noqa: S608 - our own names
_FIRST: Final = "split_part(path, '.', 1)"
_KIND: Final = f"CASE {_FIRST} WHEN '{ROOMS}' THEN split_part(path, '.', 3) ELSE {_FIRST} END"
_KEEPER: Final = f"CASE {_FIRST} WHEN '{ROOMS}' THEN split_part(path, '.', 2) ELSE '' END"
_PLACE: Final = f"owner || '.' || {_KIND} || '.' || {_KEEPER}, owner || '.{ANY_KIND}.' || {_KEEPER}"


def _open(*, writing: bool) -> str:
    rooms = f"(SELECT mnemograph_rooms({writing}))"
    within = f"ARRAY[{_PLACE}] && {rooms} AND {_KIND} NOT IN ({_listed(RESERVED)})"
    return f"({_NOBODY} OR owner = ANY({rooms}::text[]) OR ({within}))"


def _policies(tables: Iterable[str]) -> Iterable[str]:
    reads, writes = _open(writing=False), _open(writing=True)
    for table in tables:
        yield f"CREATE POLICY what_is_read ON {table} AS RESTRICTIVE FOR SELECT USING ({reads})"
        yield f"CREATE POLICY what_is_added ON {table} AS RESTRICTIVE FOR INSERT WITH CHECK ({writes})"
        yield f"CREATE POLICY what_is_changed ON {table} AS RESTRICTIVE FOR UPDATE USING ({writes})"
        yield f"CREATE POLICY what_is_deleted ON {table} AS RESTRICTIVE FOR DELETE USING ({writes})"


def _speakers(tables: Iterable[str]) -> Iterable[str]:
    """Of an owner's speakers those whose words the reader may read: memory_lookup shows it no others."""
    heard = "(owner, speaker) IN (SELECT l.owner, l.speaker FROM memory_lookup l)"
    for table in tables:
        yield f"CREATE POLICY what_is_read ON {table} AS RESTRICTIVE FOR SELECT USING ({_NOBODY} OR {heard})"
        yield f"CREATE POLICY what_is_deleted ON {table} AS RESTRICTIVE FOR DELETE USING ({_NOBODY})"


def _whole(table: str) -> list[str]:
    return [table, *(f"{table}_{n}" for n in range(PARTITIONS))]


_SEEN: Final = f"(SELECT current_setting('{SETTING}', true))"
_CONCERNED: Final = f"{_NOBODY} OR grantee = ANY({_WORDS})"
_SECURED: Final = (
    "ALTER TABLE memory_grants ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE memory_grants FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY of_one_owner ON memory_grants USING (owner = {_SEEN} OR {_SEEN} = '{EVERYBODY}')",
    f"CREATE POLICY what_is_read ON memory_grants AS RESTRICTIVE FOR SELECT USING ({_CONCERNED})",
    f"CREATE POLICY what_is_added ON memory_grants AS RESTRICTIVE FOR INSERT WITH CHECK ({_NOBODY})",
    f"CREATE POLICY what_is_changed ON memory_grants AS RESTRICTIVE FOR UPDATE USING ({_NOBODY})",
    f"CREATE POLICY what_is_deleted ON memory_grants AS RESTRICTIVE FOR DELETE USING ({_NOBODY})",
)
_ALLOW: Final = f"""
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{TENANT}')
            AND (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN
            GRANT SELECT, INSERT, UPDATE, DELETE ON memory_grants TO {TENANT};
            GRANT EXECUTE ON FUNCTION mnemograph_rooms(boolean) TO {TENANT};
            GRANT EXECUTE ON FUNCTION mnemograph_copy_grant(), mnemograph_drop_grant() TO {TENANT};
        END IF;
    END $$
"""  # noqa: S608 - our own names
ROW_GRANTS: Final = Migration(
    8,
    "who may read and write beside the owner",
    (
        _TABLE,
        _COPY,
        _DROP,
        *_TRIGGERS,
        *_SECURED,
        _ROOMS,
        *_policies(each for table in TABLES for each in _whole(table)),
        *_speakers(_whole("memory_speakers")),
        _ALLOW,
    ),
)


async def enter_as(conn: AsyncConnection[Any], owner: str, role: str, reader: str) -> None:
    """From here to the end of the transaction, of this owner's rows those are there that the reader may see."""
    await conn.execute(_ENTER, (owner, role, reader))

"""Where owners' wrapped keys are kept, as SQL: one row an owner, isolated as the memories are.

Without the master key, which is not in the database, a row is of no use.
"""

from typing import Final, LiteralString

from memory.long_term.rows.isolation import EVERYBODY, SETTING, TENANT
from memory.postgres.migrations import Migration

PART: Final = "keys"

_TABLE: LiteralString = """
    CREATE TABLE memory_keys (
        owner text COLLATE "C" PRIMARY KEY,
        id text NOT NULL,
        master text NOT NULL,
        wrapped bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    )
"""
_POLICY: Final = (
    f"CREATE POLICY of_one_owner ON memory_keys USING (owner = current_setting('{SETTING}', true) "
    f"OR current_setting('{SETTING}', true) = '{EVERYBODY}')"
)
# The role is made with the memories' tables, which come first.
_GRANT: Final = f"""
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{TENANT}')
            AND (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN
            GRANT SELECT, INSERT, UPDATE, DELETE ON memory_keys TO {TENANT};
        END IF;
    END $$
"""  # noqa: S608 - our own names
MIGRATIONS: Final = (
    Migration(
        1,
        "a wrapped key an owner",
        (
            _TABLE,
            "ALTER TABLE memory_keys ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE memory_keys FORCE ROW LEVEL SECURITY",
            _POLICY,
            _GRANT,
        ),
    ),
)

READ: LiteralString = "SELECT owner, id, master, wrapped FROM memory_keys WHERE owner = ANY(%s)"
ADD: LiteralString = """
    INSERT INTO memory_keys (owner, id, master, wrapped) VALUES (%(owner)s, %(id)s, %(master)s, %(wrapped)s)
    ON CONFLICT (owner) DO NOTHING
"""
# One that the newest master key has to open, and one whose master key is not given.
SAMPLES: LiteralString = """
    (SELECT owner, id, master, wrapped FROM memory_keys WHERE master = %(newest)s LIMIT 1)
    UNION ALL
    (SELECT owner, id, master, wrapped FROM memory_keys WHERE master <> ALL(%(given)s) LIMIT 1)
"""
OLD: LiteralString = """
    SELECT owner, id, master, wrapped FROM memory_keys
    WHERE master <> %(master)s AND owner > %(after)s ORDER BY owner LIMIT %(limit)s
"""
REWRAP: LiteralString = """
    UPDATE memory_keys SET master = %(master)s, wrapped = %(wrapped)s WHERE owner = %(owner)s AND id = %(id)s
"""

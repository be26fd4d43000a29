"""Words and names of the keyword lane under an owner's key: for PostgresStore(lexicon=...)."""

from memory.long_term.wrappers.owner_keys import OwnerKeys


class KeyedLexicon:
    """A lexeme's dimension is told from the owner's key. Raises LookupError where the key is not at hand.

    EncryptedStore fetches the keys that an operation needs before it hands the operation on.
    """

    def __init__(self, keys: OwnerKeys) -> None:
        self._keys = keys

    def dimension(self, owner: str, lexeme: str) -> int:
        return self._keys.known(owner).dimension(lexeme)

    def speaker(self, owner: str, stored: str) -> str:
        return self._keys.known(owner).opened_name(stored)

"""Subscription keys: who each is, and what it may do."""

import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from functions.contract.operation import SCOPES, Operation
from functions.contract.refusals import AccessDenied, Unauthorized, WrongScope

MIN_LENGTH: Final = 16
"""Characters below which a key can be guessed."""

_NAMED: Final = re.compile(r"(?P<name>[A-Za-z0-9_-]{1,32}):(?P<scopes>[a-z+]+):(?P<secret>.+)", re.DOTALL)


@dataclass(frozen=True)
class Key:
    """One key.

    Attributes:
        name: what the log calls it.
        scopes: what it may do.
    """

    name: str
    scopes: frozenset[str]
    secret: str

    @classmethod
    def read(cls, text: str, number: int) -> "Key":
        """A key as the settings hold it: ``name:scope:key``, or a plain one, which may do everything."""
        named = _NAMED.fullmatch(text)
        scopes = frozenset(named["scopes"].split("+")) if named else frozenset[str]()
        if named and scopes <= set(SCOPES):
            return cls(named["name"], scopes, named["secret"])
        return cls(f"key-{number}", frozenset(SCOPES), text)

    @property
    def is_short(self) -> bool:
        """Whether it can be guessed."""
        return len(self.secret) < MIN_LENGTH

    def check_may(self, operation: Operation) -> None:
        """Refuse what is not within its scopes.

        Raises:
            WrongScope: says which scope is needed.
        """
        if not self.scopes & set(operation.scopes):
            raise WrongScope("+".join(sorted(self.scopes)), " or ".join(operation.scopes))


def read_keys(texts: Iterable[str]) -> tuple[Key, ...]:
    """The keys that the settings hold."""
    return tuple(Key.read(text, number) for number, text in enumerate(texts, 1))


def find_key(presented: str | None, accepted: Sequence[Key]) -> Key:
    """The key that a caller presents.

    Every accepted key is compared, so that the time taken tells nothing of which one came close.

    Raises:
        Unauthorized: no key, or an empty one, was presented.
        AccessDenied: the key is not accepted; always so when no key is configured.
    """
    if not presented:
        raise Unauthorized
    offered = presented.encode(errors="surrogateescape")
    matches = [key for key in accepted if hmac.compare_digest(offered, key.secret.encode())]
    if not matches:
        raise AccessDenied
    return matches[0]

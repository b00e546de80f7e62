"""Who may call, and how often."""

import hmac
import math
import threading
from collections.abc import Callable, Sequence
from typing import Final

import azure.functions as func

from functions.contract.refusals import AccessDenied, RateLimited, Unauthorized
from functions.plumbing.call import parameter
from shared.settings import Settings

KEY_HEADER: Final = "ocp-apim-subscription-key"
KEY_PARAMETER: Final = "subscription-key"


class Admission:
    """Lets callers in who may call; safe to use from several threads."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        """Bind to what the operator decided; ``clock`` gives seconds and never goes back."""
        self._settings = settings
        self._rate = RateLimit(settings.rate_limit, clock)

    def admit(self, request: func.HttpRequest) -> None:
        """Let a request pass.

        Raises:
            Unauthorized, AccessDenied: it presents no key, or a wrong one, and no token that the platform accepted.
            RateLimited: this instance is called more often than it may be.
        """
        if not (self._settings.open_to_all or (self._settings.platform_signs_in and _signed_in(request))):
            key = request.headers.get(KEY_HEADER) or parameter(request, KEY_PARAMETER)
            check_key(key, self._settings.keys)
        self._rate.admit()


def check_key(presented: str | None, accepted: Sequence[str]) -> None:
    """Admit a caller who presents one of the accepted keys.

    Every accepted key is compared, so that the time taken tells nothing of which one came close.

    Raises:
        Unauthorized: no key, or an empty one, was presented.
        AccessDenied: the key is not accepted; always so when no key is configured.
    """
    if not presented:
        raise Unauthorized
    offered = presented.encode(errors="surrogateescape")
    matches = [hmac.compare_digest(offered, key.encode()) for key in accepted]
    if not any(matches):
        raise AccessDenied


class RateLimit:
    """A token bucket that holds one second's worth of calls, at least one; safe to use from several threads."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        """Admit ``per_second`` calls on average; 0 admits all. ``clock`` gives seconds and never goes back."""
        self._rate = per_second
        self._size = max(1.0, per_second)
        self._tokens = self._size
        self._clock = clock
        self._filled_at = clock()
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Let one call pass.

        Raises:
            RateLimited: says after how many seconds the next call will pass.
        """
        if not self._rate:
            return
        with self._lock:
            self._fill()
            if self._tokens < 1:
                raise RateLimited(math.ceil((1 - self._tokens) / self._rate))
            self._tokens -= 1

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._size, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now


def _signed_in(request: func.HttpRequest) -> bool:
    """Whether App Service authentication has accepted the request's token: it then names the principal."""
    token = request.headers.get("authorization", "").lower().startswith("bearer ")
    return token and bool(request.headers.get("x-ms-client-principal-id"))

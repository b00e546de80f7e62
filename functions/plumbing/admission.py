"""Who may call, for what, and how often."""

import logging
import re
from typing import Final

import azure.functions as func

from functions.contract.operation import Operation
from functions.contract.refusals import AccessDenied, Unauthorized
from functions.plumbing.call import parameter
from functions.plumbing.keys import MIN_LENGTH, Key, find_key, read_keys
from functions.plumbing.origin import is_loopback
from functions.plumbing.rates import Clock, Guesses, RateLimit
from shared.errors import Misconfigured
from shared.observing.trace import current
from shared.settings import Settings

logger = logging.getLogger("speaker")

KEY_HEADER: Final = "ocp-apim-subscription-key"
KEY_PARAMETER: Final = "subscription-key"
PRINCIPAL_HEADER: Final = "x-ms-client-principal-id"


class Admission:
    """Lets callers in who may call; safe to use from several threads."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Bind to what the operator decided.

        Raises:
            Misconfigured: in Azure, a key is so short that it can be guessed.
        """
        self._settings = settings
        self._keys = read_keys(settings.keys)
        self._guesses = Guesses(clock)
        self._rate = RateLimit(settings.rate_limit, clock)
        self._check_lengths()

    def admit(self, request: func.HttpRequest, operation: Operation) -> None:
        """Let a request pass.

        Raises:
            Unauthorized, AccessDenied: it presents no key, or a wrong one, and no token that the platform accepted.
            TooManyGuesses: too many wrong keys were presented lately.
            WrongScope: the key is for other operations.
            RateLimited: this instance is called more often than it may be.
        """
        if self._settings.open_to_all:
            _check_local(request)
        elif self._settings.platform_signs_in and _signed_in(request):
            current().principal = request.headers[PRINCIPAL_HEADER]
        else:
            key = self._key(request)
            current().key = key.name
            key.check_may(operation)
        self._rate.admit()

    def _key(self, request: func.HttpRequest) -> Key:
        presented = request.headers.get(KEY_HEADER) or parameter(request, KEY_PARAMETER)
        if not presented:
            raise Unauthorized
        address = address_of(request)
        self._guesses.check(address)
        try:
            key = find_key(presented, self._keys)
        except AccessDenied:
            self._guesses.wrong(address)
            raise
        self._guesses.right(address)
        return key

    def _check_lengths(self) -> None:
        short = ", ".join(key.name for key in self._keys if key.is_short)
        problem = f"SPEAKER_RECOGNITION_KEYS: {short}: a key needs {MIN_LENGTH} characters at least"
        if short and self._settings.in_azure:
            raise Misconfigured(problem)
        if short:
            logger.warning("%s; in Azure it would be refused", problem)


def address_of(request: func.HttpRequest) -> str:
    """The caller's address, as the last proxy before us saw it; empty where there is none."""
    last = request.headers.get("x-forwarded-for", "").split(",")[-1].strip()
    return re.sub(r":[0-9]+$", "", last) if last.count(":") == 1 or last.startswith("[") else last


def _check_local(request: func.HttpRequest) -> None:
    """Without a key, only this machine is answered.

    Raises:
        Unauthorized: somebody else asks, or a page that pretends to be us.
    """
    if not is_loopback(request.url):
        raise Unauthorized


def _signed_in(request: func.HttpRequest) -> bool:
    """Whether App Service authentication has accepted the request's token: it then names the principal."""
    token = request.headers.get("authorization", "").lower().startswith("bearer ")
    return token and bool(request.headers.get(PRINCIPAL_HEADER))

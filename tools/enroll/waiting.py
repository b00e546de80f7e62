"""A request that is sent until the service has answered it."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import requests

_PASSES: Final = (429, 500, 502, 503, 504)
"""Statuses after which the same request may succeed; others may say so with a time."""
_STOPS: Final = ("401", "Unauthorized", "Forbidden", "404")
"""Codes that everybody else would be answered, too: a key, a scope, a quota, a path."""
_TRIES: Final = 8
_LONGEST_SEC: Final = 60


class Refused(Exception):
    """The service does not do it; its words, and the status."""

    def __init__(self, message: str, status: int) -> None:
        """Keep both."""
        super().__init__(message)
        self.status = status


class Stopped(Exception):
    """Nobody else would be enrolled either."""


@dataclass(frozen=True)
class Patience:
    """Sends a request again while that may help.

    Attributes:
        sleep: waits for so many seconds.
    """

    sleep: Callable[[float], None] = time.sleep

    def ask(self, send: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer.

        Raises:
            Refused: the service does not do it.
            Stopped: nor will it do it for others, or it does not answer.
        """
        for tried in itertools.count(1):
            try:
                return send()
            except requests.HTTPError as refused:
                wait = _wait(refused.response, tried)
            except requests.RequestException as problem:
                if tried == _TRIES:
                    raise Stopped(f"the service does not answer: {problem}") from None
                wait = 2**tried
            self.sleep(min(wait, _LONGEST_SEC))
        raise AssertionError("tries without end")


def _wait(answer: requests.Response, tried: int) -> float:
    """After how many seconds a request is sent again; raises Refused or Stopped where it is not."""
    code, message = _error(answer)
    if code in _STOPS:
        raise Stopped(message)
    asked = answer.headers.get("retry-after", "")
    if not (asked or answer.status_code in _PASSES) or tried == _TRIES:
        raise Refused(message, answer.status_code)
    return int(asked) if asked.isdecimal() else 2**tried


def _error(answer: requests.Response) -> tuple[str, str]:
    """Code and message of a refusal, whoever gave it."""
    try:
        error = answer.json()["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code), f"status {answer.status_code}"

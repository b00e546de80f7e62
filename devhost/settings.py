"""What `host.json`, `local.settings.json` and the environment say."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

from devhost.errors import SetupError

DEFAULT_BODY_LIMIT = 100 * 1024 * 1024
"""Bytes, as host 4.1037 takes (Azure documents 210 MB); FUNCTIONS_REQUEST_BODY_SIZE_LIMIT overrides it."""
DEFAULT_TIMEOUT = timedelta(minutes=30)

_INVISIBLE = "DEVHOST_MESSAGE_INVISIBLE_SECONDS"

type Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """How messages are taken from queues: `extensions.queues` of host.json.

    Attributes:
        batch: messages taken at once.
        threshold: so many may still run when more are taken.
        tries: before a message is given up.
        pause: seconds between two tries.
        longest_poll: seconds between two looks at an empty queue; 2 where the environment is Development.
        is_base64: whether messages are in base64, or else plain.
        invisible: seconds for which a message is lent, and lent again while it runs. Always 600 on the Functions host;
            DEVHOST_MESSAGE_INVISIBLE_SECONDS changes it for tests.
    """

    batch: int = 16
    threshold: int = 8
    tries: int = 5
    pause: float = 0
    longest_poll: float = 2
    is_base64: bool = True
    invisible: float = 600


@dataclass(frozen=True, slots=True)
class Settings:
    """The part of the configuration that changes how functions are served.

    `origins` of pages that may read answers; `has_bundle` says whether there are extensions, which queues need.
    """

    route_prefix: str = "api"
    timeout: timedelta | None = DEFAULT_TIMEOUT
    max_outstanding: int | None = None
    max_concurrent: int | None = None
    body_limit: int = DEFAULT_BODY_LIMIT
    origins: frozenset[str] = frozenset()
    queues: QueueSettings = QueueSettings()
    has_bundle: bool = False


def load_settings(root: Path) -> Settings:
    """Put local.settings.json's `Values` into the environment and read host.json.

    As in Core Tools, a variable that is already set wins over local.settings.json.
    """
    host = _read_json(root / "host.json")
    if host is None:
        raise SetupError(f"no host.json in {root}: is this the root of a function app?")
    local = _read_json(root / "local.settings.json") or {}
    for name, value in _section(local, "Values").items():
        os.environ.setdefault(name, str(value))
    return replace(parse_settings(host, os.environ), origins=_origins(_section(local, "Host")))


def parse_settings(host: Json, environment: Mapping[str, str]) -> Settings:
    """Read the settings that devhost knows; -1 means unlimited, as in the host.json reference."""
    http = _section(_section(host, "extensions"), "http")
    limit = environment.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", str(DEFAULT_BODY_LIMIT))
    return Settings(
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        timeout=_timeout(host.get("functionTimeout")),
        max_outstanding=_limit("maxOutstandingRequests", http.get("maxOutstandingRequests", -1)),
        max_concurrent=_limit("maxConcurrentRequests", http.get("maxConcurrentRequests", -1)),
        body_limit=_limit("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", limit) or DEFAULT_BODY_LIMIT,
        queues=_queues(_section(_section(host, "extensions"), "queues"), environment),
        has_bundle=bool(_section(host, "extensionBundle")),
    )


def resolved(text: str, what: str) -> str:
    """A text of a binding, in which `%NAME%` stands for a setting; SetupError, which names `what`, if there is none."""

    def setting(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise SetupError(f"{what} names the setting {match[0]}, which does not exist")
        return os.environ[match[1]]

    return re.sub("%(.+?)%", setting, text)


def _queues(queues: Json, environment: Mapping[str, str]) -> QueueSettings:
    default = QueueSettings()
    batch = _number("batchSize", queues.get("batchSize", default.batch))
    encoding = str(queues.get("messageEncoding", "base64")).lower()
    if encoding not in ("base64", "none"):
        raise SetupError(f"messageEncoding must be base64 or none, not {encoding!r}")
    return QueueSettings(
        batch,
        threshold=_number("newBatchThreshold", queues.get("newBatchThreshold", batch // 2)),
        tries=_number("maxDequeueCount", queues.get("maxDequeueCount", default.tries)),
        pause=_seconds("visibilityTimeout", queues.get("visibilityTimeout"), default.pause),
        longest_poll=_seconds("maxPollingInterval", queues.get("maxPollingInterval"), default.longest_poll),
        is_base64=encoding == "base64",
        invisible=_number(_INVISIBLE, environment.get(_INVISIBLE, int(default.invisible))),
    )


def _read_json(path: Path) -> Json | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise SetupError(f"{path.name} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise SetupError(f"{path.name} must be a JSON object")
    return content


def _section(content: Json, name: str) -> Json:
    section = content.get(name) or {}
    if not isinstance(section, dict):
        raise SetupError(f"{name} must be a JSON object")
    return cast("Json", section)


def _origins(host: Json) -> frozenset[str]:
    return frozenset(filter(None, re.split(r"[,\s]+", str(host.get("CORS", "")))))


def _limit(name: str, value: object) -> int | None:
    number = _number(name, value)
    return number if number > 0 else None


def _number(name: str, value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise SetupError(f"{name} must be a whole number, not {value!r}") from error


def _timeout(value: object) -> timedelta | None:
    """A time span, or None for -1, which is unlimited."""
    if value is None:
        return DEFAULT_TIMEOUT
    return None if str(value) == "-1" else _time_span("functionTimeout", value)


def _seconds(name: str, value: object, default: float) -> float:
    return default if value is None else _time_span(name, value).total_seconds()


def _time_span(name: str, value: object) -> timedelta:
    """Parse a .NET TimeSpan (`[d.]hh:mm:ss`)."""
    match = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+):(\d+)", str(value))
    if match is None:
        raise SetupError(f"{name} must look like 00:05:00, not {value!r}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

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

type Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Settings:
    """The part of the configuration that changes how requests are served; `origins` of pages that may read answers."""

    route_prefix: str = "api"
    timeout: timedelta | None = DEFAULT_TIMEOUT
    max_outstanding: int | None = None
    max_concurrent: int | None = None
    body_limit: int = DEFAULT_BODY_LIMIT
    origins: frozenset[str] = frozenset()


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
    try:
        number = int(str(value))
    except ValueError as error:
        raise SetupError(f"{name} must be a whole number, not {value!r}") from error
    return number if number > 0 else None


def _timeout(value: object) -> timedelta | None:
    """Parse a .NET TimeSpan (`[d.]hh:mm:ss`); -1 is unlimited."""
    if value is None:
        return DEFAULT_TIMEOUT
    if str(value) == "-1":
        return None
    match = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+):(\d+)", str(value))
    if match is None:
        raise SetupError(f"functionTimeout must look like 00:05:00, not {value!r}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

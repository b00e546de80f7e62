"""Where the caller believes the service to be, when proxies stand between."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_HOST: Final = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
_SCHEME: Final = re.compile(r"https?", re.IGNORECASE)
_PAIR: Final = re.compile(r'\b(host|proto)\s*=\s*(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)


def origin(url: str, headers: Mapping[str, str]) -> str:
    """Scheme and host of the caller's side: what the first proxy says, otherwise those of ``url``.

    Read are X-Forwarded-Host and -Proto, X-Original-Host (Application Gateway) and Forwarded (RFC 7239). What is no
    host or scheme is passed over: it would end up in the links of a response.
    """
    parts, standard = urlsplit(url), _forwarded(headers.get("forwarded", ""))
    hosts = (_first(headers, "x-forwarded-host"), _first(headers, "x-original-host"), standard.get("host", ""))
    schemes = (_first(headers, "x-forwarded-proto"), standard.get("proto", ""))
    host = next(filter(_HOST.fullmatch, hosts), parts.netloc)
    return f"{next(filter(_SCHEME.fullmatch, schemes), parts.scheme).lower()}://{host}"


def _first(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").split(",")[0].strip()


def _forwarded(header: str) -> dict[str, str]:
    return {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(header.split(",")[0])}

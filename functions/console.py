"""The console: a page on which people try the service, and the files that belong to it."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import azure.functions as func

from functions.contract.refusals import NoSuchRoute
from functions.plumbing.guard import APP, App, guarded

blueprint = func.Blueprint()

FOLDER: Final = Path(__file__).parent / "console"
PAGE: Final = "index.html"
TYPES: Final = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
"""What a browser is given, by the ending of its name; nothing else is."""

HEADERS: Final = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'; "
    "frame-ancestors 'none'",
    "permissions-policy": "microphone=(self), camera=(), geolocation=(), display-capture=()",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
    "vary": "accept-encoding",
}
"""Nothing of others is loaded, no page frames this one, and a browser asks each time whether its copy is right."""


@dataclass(frozen=True)
class File:
    """A file of the page.

    Attributes:
        media_type: without its charset, which is UTF-8.
        packed: the body, compressed.
        tag: changes when the body does.
    """

    media_type: str
    body: bytes
    packed: bytes
    tag: str

    @classmethod
    def read(cls, file: Path) -> "File":
        """What is given of a file."""
        body = file.read_bytes()
        tag = f'W/"{sha256(body).hexdigest()[:16]}"'  # weak: the same for both encodings
        return cls(TYPES[file.suffix], body, gzip.compress(body, mtime=0), tag)


@cache
def files() -> Mapping[str, File]:
    """Every file that is given, by its path below the page's: whoever asks for another is told that there is none."""
    found = (file for file in FOLDER.rglob("*") if file.suffix in TYPES)
    return {file.relative_to(FOLDER).as_posix(): File.read(file) for file in found}


@blueprint.function_name("Console")
@blueprint.route(route="console/{*file}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def console(req: func.HttpRequest) -> func.HttpResponse:
    """200 with the page or a file of it; 404 where the operator shows none. Needs no key: what it calls does."""
    return guarded("Console", req, lambda: shown(APP, req, req.route_params.get("file") or PAGE))


def shown(app: App, request: func.HttpRequest, name: str) -> func.HttpResponse:
    """A file of the page.

    Raises:
        NoSuchRoute: there is no such file, or the operator does not show the page.
    """
    file = files().get(name) if app.settings.shows_console else None
    if file is None:
        raise NoSuchRoute
    headers = {**HEADERS, "etag": file.tag}
    if file.tag in request.headers.get("if-none-match", ""):
        return func.HttpResponse(status_code=304, headers=headers)
    packs = "gzip" in request.headers.get("accept-encoding", "")
    body, packing = (file.packed, {"content-encoding": "gzip"}) if packs else (file.body, {})
    return func.HttpResponse(body, headers={**headers, **packing}, mimetype=file.media_type, charset="utf-8")

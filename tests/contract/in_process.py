"""The app without a host: requests are answered in this process, as they would be where no route takes them."""

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

import function_app  # noqa: F401  its import registers the handlers
from functions.fallback import routed
from functions.health import Checked
from functions.openapi import described
from functions.plumbing.guard import App, guarded
from shared.store.entities import to_entity
from shared.store.memory import MemoryStore
from tests import remembering
from tests.conftest import KEYS
from tests.contract.api import BackedApi
from tests.privacy.stored import Stored

ORIGIN: Final = "http://in.process"


def in_process(environment: Mapping[str, str]) -> BackedApi:
    """An app on a store in memory and the real models."""
    any_format = environment.get("SPEAKER_DECODE_ANY") != "false"
    store, listener = MemoryStore(), remembering.listener(any_format=any_format)
    transcriber = None if "SPEAKER_SPEECH_ENDPOINT" in environment else remembering.transcriber()
    app = App(environment, store=store, listener=listener, transcriber=transcriber)
    stored, work = partial(_stored, store), partial(_work, app, store)
    return BackedApi(ORIGIN, KEYS[0], sending_to(app), store=store, stored=stored, work=work)


def sending_to(app: App) -> Callable[..., requests.Response]:
    """What sends requests to an app, at ``ORIGIN``, as ``requests.request`` sends them to others."""
    session = requests.Session()
    session.mount(ORIGIN, InProcess(app))
    return session.request


class InProcess(BaseAdapter):
    """Takes what ``requests`` would send, and lets an app answer."""

    def __init__(self, app: App) -> None:
        """Bind to the app."""
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """The app's answer."""
        received = _received(request)
        answered = _OTHERS.get(urlsplit(received.url).path, routed)(self._app, received)
        response = requests.Response()
        response.request, response.url = request, received.url
        response.status_code = answered.status_code
        response.headers = CaseInsensitiveDict({"content-type": answered.mimetype, **answered.headers})
        response.encoding = "utf-8"
        response.raw = io.BytesIO(answered.get_body())
        return response

    def close(self) -> None:
        """Nothing is open."""


def _received(request: requests.PreparedRequest) -> func.HttpRequest:
    body, asked = request.body, urlsplit(str(request.url))
    url = asked._replace(netloc=str(request.headers.get("Host", asked.netloc))).geturl()
    return func.HttpRequest(
        method=str(request.method),
        url=url,
        headers={name.lower(): str(value) for name, value in request.headers.items()},
        params=dict(parse_qsl(urlsplit(url).query)),
        body=body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"",  # chunks: as Azure
    )


def _described(app: App, request: func.HttpRequest) -> func.HttpResponse:
    return guarded("OpenApi", request, lambda: described(app, request))


def _health(app: App, request: func.HttpRequest) -> func.HttpResponse:
    return guarded("Health", request, Checked(app).answer)


def _stored(store: MemoryStore) -> Stored:
    """What Azure would store, by where it would be."""
    entities = [to_entity(profile) for profile in store.profiles.values() if profile.is_readable]
    return {
        **{f"{e['PartitionKey']}/{e['RowKey']}/{name}": value for e in entities for name, value in e.items()},
        **{"/".join(where): wav for where, wav in store.audio.items()},
        **{f"{row.partition}/{row.name}": row for row in store.jobs.since("")},
        **{f"recordings/{name}": value for name, value in store.recordings.values.items()},
    }


def _work(app: App, store: MemoryStore) -> None:
    """Do what waits in the queue, as a host would."""
    while store.queue.messages:
        app.steps.take(store.queue.messages.pop(0), again=False)


_OTHERS: Final = {"/openapi.json": _described, "/health": _health}
"""Those that are no operation."""

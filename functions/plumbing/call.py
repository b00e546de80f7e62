"""What a handler may ask of a request, and how it replies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import azure.functions as func

from functions.contract.dialects import Context, Dialect, Json
from functions.contract.operations import Operation
from functions.contract.requests import channel, flag
from functions.plumbing.multipart import audio_in
from shared.listening.declared import Recording
from shared.service import Service
from shared.voices.families import Family


@dataclass(frozen=True)
class Call:
    """A request that was routed to an operation and admitted.

    Attributes:
        service: what serves it.
        context: version, family, and whether the caller asks for more than the contract gives.
        origin: scheme and host as the caller knows them.
        profile_id: the profile that the path names, in canonical form; empty where it names none.
        params: parameters of the route.
    """

    service: Service
    request: func.HttpRequest
    operation: Operation
    context: Context
    origin: str
    profile_id: str
    params: Mapping[str, str]

    @property
    def dialect(self) -> Dialect:
        """The version in which it is asked."""
        return self.context.dialect

    @property
    def family(self) -> Family:
        """The family that the path names."""
        return self.context.family

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self.request.get_body()

    @property
    def audio(self) -> Recording:
        """The audio in the request's body, and which channel of it is heard.

        Raises:
            BadChannel: none that audio can have.
        """
        chosen = channel(self.query("channel")) if self._takes("channel") else None
        return replace(audio_in(self.request.headers.get("content-type", ""), self.body), channel=chosen)

    @property
    def ignore_min_length(self) -> bool:
        """Whether the caller waives the minimum of net speech; not looked at where the family has none to waive.

        Raises:
            BadFlag: neither true nor false.
        """
        name = "ignoreMinLength"
        return self._takes(name) and flag(name, self.query(name))

    def _takes(self, name: str) -> bool:
        return name in self.operation.parameters(self.dialect, self.family)

    def query(self, name: str) -> str | None:
        """A query parameter, whose name may be written in any case, or None."""
        return parameter(self.request, name)

    def url(self, profile_id: str = "", query: Mapping[str, str] | None = None) -> str:
        """Absolute URL of the family's profiles, or of one of them, as the caller sees this host."""
        base = self.dialect.base.format(mode=self.family.mode, dependency=self.family.dependency)
        path = "/".join((base, "profiles", profile_id)).rstrip("/")
        marked = "?" + urlencode(query, safe="$") if query else ""
        return f"{self.origin}/{path}{marked}"


def parameter(request: func.HttpRequest, name: str) -> str | None:
    """A query parameter, whose name may be written in any case, or None."""
    return next((value for key, value in request.params.items() if key.lower() == name.lower()), None)


def reply(status: int, document: Json | list[Json] | None = None, **headers: str) -> func.HttpResponse:
    """A JSON response; of 204 only the headers."""
    if status == 204:
        return func.HttpResponse(status_code=status, headers=headers)
    return func.HttpResponse(json.dumps(document), status_code=status, headers=headers, mimetype="application/json")

"""What a handler may ask of a request, and how it replies."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import azure.functions as func

from functions.contract import requests
from functions.contract.dialects import Context, Dialect, Json
from functions.contract.group_requests import group_id
from functions.contract.operation import Operation
from functions.contract.refusals import UnsupportedParameter
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
        chosen = requests.channel(self.query("channel")) if self.takes("channel") else None
        return replace(self.all_channels, channel=chosen)

    @property
    def all_channels(self) -> Recording:
        """The audio in the request's body, whichever channel is asked for."""
        return audio_in(self.request.headers.get("content-type", ""), self.body)

    @property
    def ignore_min_length(self) -> bool:
        """Whether the caller waives the minimum of net speech; not looked at where the family has none to waive.

        Raises:
            BadFlag: neither true nor false.
        """
        name = "ignoreMinLength"
        return self.takes(name) and requests.flag(name, self.query(name))

    def takes(self, name: str) -> bool:
        """Whether a query parameter means anything here."""
        return name in self.operation.parameters(self.dialect, self.family)

    def query(self, name: str) -> str | None:
        """A query parameter, whose name may be written in any case, or None."""
        return parameter(self.request, name)

    def extension(self, name: str) -> str | None:
        """A query parameter of newer versions, or None.

        Raises:
            UnsupportedParameter: it means nothing for the family, and the caller must not think that it does.
        """
        text = self.query(name) if name in self.dialect.has else None
        if text is not None and not self.takes(name):
            raise UnsupportedParameter(name)
        return text

    @property
    def group_id(self) -> str:
        """The group that the path names.

        Raises:
            BadGroupId: none can have the id.
        """
        return group_id(self.params["groupId"])

    def page(self, read: Callable[[str], str] = requests.profile_id) -> tuple[str, int]:
        """After which id, as it is read, a list is to go on, and how many it is to hold.

        Raises:
            UnsupportedParameter, BadPageSize, BadToken: it is not asked for as it can be.
        """
        dialect = self.dialect
        requests.refuse_parameters(name for name in dialect.refused if self.query(name) is not None)
        size = requests.page_size(dialect.page_size, self.query(dialect.page_size))
        return requests.continue_after(dialect.token, self.query(dialect.token), read), size

    def next_page(self, size: int, last_id: str, *resource: str) -> str:
        """Absolute URL of the page of a list that follows an id."""
        dialect = self.dialect
        query = {dialect.page_size: str(size), dialect.token: requests.continuation_token(last_id)}
        version = {"api-version": dialect.api_version} if dialect.api_version else {}
        return self.url(*resource, query={**query, **version})

    def url(self, *resource: str, query: Mapping[str, str] | None = None) -> str:
        """Absolute URL of something below the family, as the caller sees this host."""
        base = self.dialect.base.format(mode=self.family.mode, dependency=self.family.dependency)
        path = "/".join((base, *resource))
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

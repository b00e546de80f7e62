"""The versions of the API, and what they say differently: one row each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.errors import SpeakerError
from shared.voices.families import Family

Json = dict[str, Any]


@dataclass(frozen=True)
class Dialect:
    """What one version of the API says differently.

    Attributes:
        version: the version's name; its functions carry ``suffix`` in theirs.
        api_version: value that the query parameter ``api-version`` must have; None where it is not looked at.
        base: path of a family's operations.
        action: what stands between a resource and what is done with it.
        seconds: ending of the names of fields that hold seconds.
        names: fields that it calls otherwise.
        has: fields and parameters that not every version has.
        last_link: the link of the last page; None where it has none.
        page_size: query parameter.
        token: query parameter that continues a list.
        refused: query parameters of a list that have no meaning here.
        reset_status: status of a reset; 204 comes without a profile.
        bare_lists: lists of phrases are all there is, and not within an object.
        codes: error codes that it spells in another way.
    """

    version: str
    suffix: str
    api_version: str | None
    base: str
    action: str
    seconds: str
    names: Mapping[str, str]
    has: tuple[str, ...]
    last_link: str | None
    page_size: str
    token: str
    refused: tuple[str, ...]
    reset_status: int
    bare_lists: bool
    codes: Mapping[str, str]

    def field(self, name: str) -> str:
        """This version's name of a field that 2021-09-05 calls ``name``."""
        if name.endswith("InSec"):
            return name.removesuffix("InSec") + self.seconds
        return self.names.get(name, name)

    def code(self, failure: SpeakerError | type[SpeakerError]) -> str:
        """This version's ``error.code`` of a typed error."""
        return self.codes.get(failure.code, failure.code)


V2021: Final = Dialect(
    version="2021-09-05",
    suffix="",
    api_version="2021-09-05",
    base="speaker-recognition/{mode}/{dependency}",
    action=":",
    seconds="InSec",
    names={},
    has=("profileStatus", "channel", "challenge", "groupId", "$top", "watchlist", "duplicates", "receipt"),
    last_link=None,
    page_size="maxpagesize",
    token="$continuationToken",  # noqa: S106  a query parameter
    refused=(),
    reset_status=200,
    bare_lists=False,
    codes={},
)
V2: Final = Dialect(
    version="2.0",
    suffix="V2",
    api_version=None,
    base="speaker/{mode}/v2.0/{dependency}",
    action="/",
    seconds="",
    names={"value": "profiles", "nextLink": "@nextLink"},
    has=("enrollmentSpeechLengthInSec",),  # the key that real responses had beside the right one
    last_link="",
    page_size="$top",
    token="$continuationToken",  # noqa: S106
    refused=("$filter", "$skip", "$orderBy", "$delta"),
    reset_status=204,
    bare_lists=True,  # items are objects: the strings of its swagger are what no shipped client reads
    codes={"NotFound": "Not Found"},
)
DIALECTS: Final = (V2021, V2)


@dataclass(frozen=True)
class Context:
    """For whom something is written.

    Attributes:
        details: the caller asks for more than the contract gives.
        decimals: of scores; None for all.
    """

    dialect: Dialect
    family: Family
    details: bool = False
    decimals: int | None = None

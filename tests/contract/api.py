"""A thin hand on the running service: one request, nothing hidden."""

from dataclasses import dataclass
from typing import Any

import requests

TEXT_DEPENDENT = "verification/text-dependent"
VERIFICATION = "verification/text-independent"
IDENTIFICATION = "identification/text-independent"
VERSION = {"api-version": "2021-09-05"}


@dataclass
class Api:
    """The 2021-09-05 API under one key."""

    url: str
    key: str

    def __call__(self, method: str, path: str, body: bytes | str | None = None, **query: str) -> requests.Response:
        """Send a request below ``/speaker-recognition``."""
        return requests.request(
            method,
            f"{self.url}/speaker-recognition/{path}",
            params={**VERSION, **query},
            headers={"Ocp-Apim-Subscription-Key": self.key},
            data=body,
            timeout=60,
        )

    def create(self, family: str = VERIFICATION, locale: str = "en-us") -> str:
        """A new profile's id."""
        answer = self("POST", f"{family}/profiles", f'{{"locale":"{locale}"}}')
        assert answer.status_code == 201, answer.text
        created: str = answer.json()["profileId"]
        return created

    def enrolled(self, clip: bytes, family: str = VERIFICATION, locale: str = "en-us") -> str:
        """The id of a profile that is enrolled with one clip."""
        profile_id = self.create(family, locale)
        answer = self("POST", f"{family}/profiles/{profile_id}/enrollments", clip, ignoreMinLength="true")
        assert answer.status_code == 201, answer.text
        return profile_id

    def profile(self, profile_id: str, family: str = VERIFICATION) -> dict[str, Any]:
        """What the service says of a profile."""
        found: dict[str, Any] = self("GET", f"{family}/profiles/{profile_id}").json()
        return found


def error_of(answer: requests.Response) -> tuple[int, str, str]:
    """Status, code and message of an error, after checking its envelope."""
    assert answer.headers["content-type"].startswith("application/json"), answer.headers
    document = answer.json()
    assert set(document) == {"error"}
    assert set(document["error"]) == {"code", "message"}
    assert answer.headers["x-ms-error-code"] == document["error"]["code"]
    return answer.status_code, document["error"]["code"], document["error"]["message"]

"""A REST client of the 2021-09-05 API, as small as one can be: what a user of the service writes on the first day."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import requests

API_VERSION: Final = "2021-09-05"


@dataclass
class Client:
    """One family of one service.

    Attributes:
        url: the service's root.
        mode: ``verification`` or ``identification``.
        key: subscription key.
        dependency: ``text-independent`` or, for passphrases, ``text-dependent``.
    """

    url: str
    mode: str
    key: str = ""
    dependency: str = "text-independent"
    session: requests.Session = field(default_factory=requests.Session)

    def of_its_own(self) -> "Client":
        """The same client with another connection, for another thread."""
        return replace(self, session=requests.Session())

    def create(self, locale: str = "en-US") -> str:
        """Create a profile; its id."""
        created: str = self.make(locale)["profileId"]
        return created

    def make(self, locale: str, request_id: str = "", **more: object) -> dict[str, Any]:
        """Create a profile, once under a request's id; ProfileInfo."""
        return self._call("POST", "profiles", request_id, json={"locale": locale, **more})

    def reset(self, profile_id: str) -> dict[str, Any]:
        """Take a profile back to its creation; ProfileInfo."""
        return self._call("POST", f"profiles/{profile_id}:reset")

    def delete(self, profile_id: str) -> None:
        """Delete a profile."""
        self._call("DELETE", f"profiles/{profile_id}")

    def page(self) -> dict[str, Any]:
        """A page of profiles; ProfileList."""
        return self._call("GET", "profiles")

    def consent(self, profile_id: str, consent: Mapping[str, str]) -> dict[str, Any]:
        """Note a speaker's consent; ProfileInfo."""
        return self._call("PUT", f"profiles/{profile_id}/consent", json=consent)

    def enroll(self, profile_id: str, wav: bytes, request_id: str = "", **options: str) -> dict[str, Any]:
        """Add a clip to a profile, once under a request's id; EnrollmentInfo."""
        return self._call("POST", f"profiles/{profile_id}/enrollments", request_id, data=wav, **options)

    def verify(self, profile_id: str, wav: bytes, **options: str) -> dict[str, Any]:
        """Compare a clip with a profile; decision and score."""
        return self._call("POST", f"profiles/{profile_id}:verify", data=wav, **options)

    def identify(self, profile_ids: list[str], wav: bytes, **options: str) -> dict[str, Any]:
        """Find the speaker of a clip among profiles; the speaker and the ranking."""
        candidates = ",".join(profile_ids)
        return self._call("POST", "profiles:identifySingleSpeaker", data=wav, profileIds=candidates, **options)

    def turns(self, profile_ids: list[str], wav: bytes) -> dict[str, Any]:
        """Who speaks when in a short recording, and which of the profiles are they?"""
        return self._call("POST", "recordings:identify", data=wav, profileIds=",".join(profile_ids))

    def _call(
        self,
        method: str,
        path: str,
        request_id: str = "",
        *,
        data: bytes | None = None,
        json: object = None,
        **query: str,
    ) -> dict[str, Any]:
        headers = {"Ocp-Apim-Subscription-Key": self.key, "Repeatability-Request-ID": request_id}
        response = self.session.request(
            method,
            f"{self.url}/speaker-recognition/{self.mode}/{self.dependency}/{path}",
            params={"api-version": API_VERSION, **query},
            headers={name: value for name, value in headers.items() if value},
            data=data,
            json=json,
            timeout=60,
        )
        if not response.ok:
            raise requests.HTTPError(f"{method} {path}: {response.status_code} {response.text}", response=response)
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

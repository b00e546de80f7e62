"""A REST client of the 2021-09-05 API, as small as one can be: what a user of the service writes on the first day."""

from dataclasses import dataclass, field
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

    def create(self, locale: str = "en-US") -> str:
        """Create a profile; its id."""
        created: str = self._call("POST", "profiles", json={"locale": locale})["profileId"]
        return created

    def delete(self, profile_id: str) -> None:
        """Delete a profile."""
        self._call("DELETE", f"profiles/{profile_id}")

    def enroll(self, profile_id: str, wav: bytes, **options: str) -> dict[str, Any]:
        """Add a clip to a profile; EnrollmentInfo."""
        return self._call("POST", f"profiles/{profile_id}/enrollments", data=wav, **options)

    def verify(self, profile_id: str, wav: bytes, **options: str) -> dict[str, Any]:
        """Compare a clip with a profile; decision and score."""
        return self._call("POST", f"profiles/{profile_id}:verify", data=wav, **options)

    def identify(self, profile_ids: list[str], wav: bytes, **options: str) -> dict[str, Any]:
        """Find the speaker of a clip among profiles; the speaker and the ranking."""
        candidates = ",".join(profile_ids)
        return self._call("POST", "profiles:identifySingleSpeaker", data=wav, profileIds=candidates, **options)

    def _call(
        self, method: str, path: str, *, data: bytes | None = None, json: object = None, **query: str
    ) -> dict[str, Any]:
        response = self.session.request(
            method,
            f"{self.url}/speaker-recognition/{self.mode}/{self.dependency}/{path}",
            params={"api-version": API_VERSION, **query},
            headers={"Ocp-Apim-Subscription-Key": self.key} if self.key else {},
            data=data,
            json=json,
            timeout=60,
        )
        if not response.ok:
            raise requests.HTTPError(f"{method} {path}: {response.status_code} {response.text}", response=response)
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

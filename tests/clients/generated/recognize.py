"""Enroll and verify through the client that openapi-python-client made: <url> <key> <folder of clips>."""

import json
import sys
from io import BytesIO
from pathlib import Path

from speaker_recognition_client import AuthenticatedClient
from speaker_recognition_client import models as made
from speaker_recognition_client.api.verification_text_independent import (
    create_enrollment_verification_text_independent as enrollments,
)
from speaker_recognition_client.api.verification_text_independent import (
    create_profile_verification_text_independent as profiles,
)
from speaker_recognition_client.api.verification_text_independent import (
    delete_profile_verification_text_independent as deletions,
)
from speaker_recognition_client.api.verification_text_independent import (
    verify_verification_text_independent as verifications,
)
from speaker_recognition_client.types import File

VERSION = "2021-09-05"
NOBODY = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"


def main(url: str, key: str, folder: Path) -> None:
    """Print what the client understood of each answer, as JSON."""

    def clip(name: str) -> File:
        return File(payload=BytesIO((folder / f"{name}.wav").read_bytes()))

    client = AuthenticatedClient(url, key, prefix="", auth_header_name="Ocp-Apim-Subscription-Key")
    profile = profiles.sync(client=client, body=made.NewProfile(locale="en-us"), api_version=VERSION)
    profile_id = str(profile.profile_id)
    enrolled = enrollments.sync(
        profile_id, client=client, body=clip("enroll-1"), ignore_min_length=True, api_version=VERSION
    )
    own = verifications.sync(profile_id, client=client, body=clip("own"), details=True, api_version=VERSION)
    stranger = verifications.sync(profile_id, client=client, body=clip("stranger"), api_version=VERSION)
    refused = verifications.sync_detailed(NOBODY, client=client, body=clip("own"), api_version=VERSION)
    deleted = deletions.sync_detailed(profile_id, client=client, api_version=VERSION)
    understood = {
        "enrollmentStatus": enrolled.enrollment_status,
        "own": own.recognition_result,
        "score": own.score,
        "modelVersion": own.details.model_version,
        "stranger": stranger.recognition_result,
        "refused": [refused.status_code, refused.parsed.error.code],
        "deleted": deleted.status_code,
    }
    print(json.dumps(understood))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

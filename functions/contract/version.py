"""The version of the service: what ``/health``, the OpenAPI and the package say."""

from typing import Final

VERSION: Final = "0.2.0"

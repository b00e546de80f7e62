"""Where the app runs, as its platform tells it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    """Where the app runs.

    Attributes:
        local: the app runs on a developer's machine.
        in_azure: the app runs on App Service.
        platform_signs_in: App Service authentication checks tokens before the app sees a request.
    """

    local: bool
    in_azure: bool
    platform_signs_in: bool


def in_azure(environment: Mapping[str, str]) -> bool:
    """Azure names the site that it runs."""
    return bool(environment.get("WEBSITE_SITE_NAME"))


def is_local(environment: Mapping[str, str]) -> bool:
    """Core Tools and the dev host say Development."""
    development = environment.get("AZURE_FUNCTIONS_ENVIRONMENT", "").lower() == "development"
    return development and not in_azure(environment)


def platform_signs_in(environment: Mapping[str, str]) -> bool:
    """Whether the platform authenticates: only it names the site, and only it removes forged principal headers."""
    enabled = environment.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"
    return enabled and in_azure(environment)

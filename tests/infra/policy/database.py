"""Rules of the database in which voices are searched beyond the memory of an instance."""

from collections.abc import Iterator
from typing import Final

from psycopg.conninfo import conninfo_to_dict

from tests.infra.compiler import TENANT
from tests.infra.deployment import Deployment
from tests.infra.policy.access import IDENTITY
from tests.infra.policy.checks import DATABASE, UNIQUE, differs, names, same

SERVER: Final = "Microsoft.DBforPostgreSQL/flexibleServers"
APP: Final = f"id-{UNIQUE}"
"""What the database calls the app: as its identity is called."""


def the_database_knows_no_password_and_nobody_but_the_app(deployment: Deployment) -> Iterator[str]:
    """There is one where it is asked for; it takes tokens, over TLS, and the app is its one administrator."""
    asked = bool(deployment.given.get("postgres"))
    yield from same("servers", names(deployment, SERVER), {DATABASE} if asked else set())
    for server in deployment.of(SERVER):
        tokens = {"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled", "tenantId": TENANT}
        yield from differs(server, {"authConfig": tokens, "administratorLogin": None})
        found = {each.name: dict(each.properties) for each in deployment.of(f"{SERVER}/administrators")}
        app = {"principalName": APP, "principalType": "ServicePrincipal", "tenantId": TENANT}
        yield from same("administrators", found, {f"{IDENTITY}principalId>": app})
        set_to = {each.name: each.properties["value"] for each in deployment.of(f"{SERVER}/configurations")}
        yield from same("configured", set_to, {"azure.extensions": "VECTOR", "require_secure_transport": "ON"})


def the_database_outlives_deletions_by_no_more_than_it_has_to(deployment: Deployment) -> Iterator[str]:
    """It holds nothing that the app could not write again: backups of seven days, the least there is, here only."""
    for server in deployment.of(SERVER):
        yield from differs(server, {"backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Disabled"}})


def the_app_is_told_which_database(deployment: Deployment) -> Iterator[str]:
    """The app asks the database that the template makes, and checks that it is that one."""
    settings = deployment.settings
    told = conninfo_to_dict(settings.get("SPEAKER_POSTGRES", ""))
    host = f"{DATABASE}.postgres.database.azure.com"
    wanted = {"host": host, "dbname": "voices", "user": APP, "sslmode": "verify-full"}
    asked = bool(deployment.given.get("postgres"))
    yield from same("told the database", told, wanted if asked else {})
    yield from same("gallery", settings.get("SPEAKER_GALLERY"), "postgres" if asked else None)
    yield from same("databases", names(deployment, f"{SERVER}/databases"), {"voices"} if asked else set())

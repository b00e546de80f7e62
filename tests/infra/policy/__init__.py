"""What the deployment must be, whatever the parameters: each rule yields the sentences that it finds broken."""

from collections.abc import Callable, Iterator
from typing import Final

from tests.infra.deployment import Deployment
from tests.infra.policy import access, app, database, events, monitoring, network, storage

RULES: Final[tuple[Callable[[Deployment], Iterator[str]], ...]] = (
    storage.no_key_opens_storage,
    storage.deleted_is_deleted,
    storage.storage_is_what_the_code_names,
    storage.audio_is_deleted_when_the_app_says_so,
    storage.encryption_is_asked_for_or_not_mentioned,
    storage.the_trail_is_kept_as_the_parameters_say,
    events.events_go_to_a_topic_that_knows_no_keys,
    database.the_database_knows_no_password_and_nobody_but_the_app,
    database.the_database_outlives_deletions_by_no_more_than_it_has_to,
    database.the_app_is_told_which_database,
    app.the_app_gets_every_setting,
    app.the_app_runs_as_flex_consumption_on_its_python,
    app.the_app_is_reached_over_tls_and_not_by_password,
    app.azd_finds_everything,
    access.the_app_is_its_identity_everywhere,
    access.roles_are_the_least,
    access.keys_live_in_the_vault,
    access.the_key_of_seals_is_in_the_vault,
    access.a_deleted_vault_waits_in_production,
    access.tokens_are_of_this_tenant_and_for_named_callers,
    access.secrets_are_nowhere,
    network.the_network_is_private_when_asked,
    network.the_database_is_private_when_asked,
    network.private_names_lead_to_private_addresses,
    monitoring.telemetry_is_opt_in,
    monitoring.monitoring_takes_tokens_only,
    monitoring.changes_of_voices_and_visits_of_the_vault_are_logged,
    monitoring.alerts_ask_and_somebody_hears,
)


def breaches(deployment: Deployment) -> Iterator[str]:
    """Every rule that is broken."""
    for rule in RULES:
        yield from rule(deployment)

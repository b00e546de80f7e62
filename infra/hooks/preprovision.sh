#!/bin/sh
# Before azd provisions: what would fail half-way is found now, and what an earlier deployment left is looked up.
set -eu
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/common.sh"

command -v az >/dev/null || fail 'The Azure CLI is missing: https://aka.ms/azure-cli'
az account show --output none || fail 'The Azure CLI is not signed in: az login'
if [ -n "${AZURE_SUBSCRIPTION_ID:-}" ]; then
  az account set --subscription "$AZURE_SUBSCRIPTION_ID"
fi

if [ "${POSTGRES:-false}" = true ] && ! grep -q '^psycopg' "$(dirname "$0")/../../requirements.txt"; then
  fail 'POSTGRES=true, but the package could not speak to it. Write -r requirements-postgres.in into requirements.in: make lock'
fi

# Flex Consumption joins networks by way of Microsoft.App, which no resource of the template names.
state=$(az provider show --namespace Microsoft.App --query registrationState --output tsv)
if [ "$state" != Registered ]; then
  say 'registering Microsoft.App in the subscription: some minutes, once'
  az provider register --namespace Microsoft.App --wait ||
    fail 'Have an owner of the subscription run: az provider register --namespace Microsoft.App --wait'
fi

# among NAME LIST: is a region one of a list?
among() { printf '%s\n' "$2" | compact | grep -qx "$1"; }

regions=$(az functionapp list-flexconsumption-locations --query '[].name' --output tsv)
region=$(printf '%s' "${AZURE_LOCATION:-}" | compact)
if [ -z "$region" ]; then
  say 'Regions that offer Flex Consumption; azd will ask for one:'
  say "$regions"
else
  among "$region" "$regions" ||
    fail "$region does not offer Flex Consumption. azd env set AZURE_LOCATION to one of:" "$regions"
  versions=$(az functionapp list-flexconsumption-runtimes --location "$region" --runtime python \
    --query '[].version' --output tsv)
  among '3\.13' "$versions" || fail "$region does not offer Python 3.13 on Flex Consumption yet."
  copies=${STORAGE_REDUNDANCY:-Standard_ZRS}
  offered=$(az storage sku list --query "[?name=='$copies'].locations[]" --output tsv)
  among "$region" "$offered" ||
    fail "$region has no storage of kind $copies. azd env set STORAGE_REDUNDANCY Standard_LRS," \
      'or choose another region: a later change to zones is a conversion, not an update.'
  if [ "${ZONE_REDUNDANT:-false}" = true ]; then
    zones=$(az functionapp list-flexconsumption-locations --zone-redundant true --query '[].name' --output tsv)
    among "$region" "$zones" || fail "$region has no zones for Flex Consumption. azd env set ZONE_REDUNDANT false"
  fi
fi

# The template cannot look into the vault. What cannot be found out is no guess: a wrong one would lock callers out.
group=${AZURE_RESOURCE_GROUP:-}
mine="tags.\"azd-env-name\"=='$AZURE_ENV_NAME'"
vault=
exists=false
if [ -n "$group" ]; then exists=$(az group exists --name "$group"); fi
if [ "$exists" = true ]; then
  vault=$(az keyvault list --resource-group "$group" --query "[?$mine].id | [0]" --output tsv)
fi
recover=false kept=false
if [ -n "$vault" ]; then
  secrets=$(az rest --method get --url "$vault/secrets?api-version=2024-11-01" --query 'value[].name' --output tsv)
  if printf '%s\n' "$secrets" | grep -qx speaker-recognition-keys; then kept=true; fi
elif # who may not list deleted vaults hears of one from the deployment itself
  [ -n "$(az keyvault list-deleted --resource-type vault --output tsv \
    --query "[?properties.$mine && properties.location=='$region'].name | [0]")" ]; then
  say 'the vault of an earlier deployment is brought back, and its keys with it'
  recover=true kept=true
fi
azd env set SPEAKER_KEYS_KEPT "$kept"
azd env set VAULT_RECOVER "$recover"
if [ "$kept" = false ] && [ -z "${SPEAKER_API_KEYS:-}${AUTH_CLIENT_ID:-}" ]; then
  # shellcheck disable=SC2016 # to be typed, not expanded
  say 'There is no key yet, and nobody signs in: every call will be refused. To make two keys:' \
    'export SPEAKER_API_KEYS="$(openssl rand -hex 32),$(openssl rand -hex 32)"'
fi

make models

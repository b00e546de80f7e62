#!/bin/sh
# After azd has provisioned: new roles take minutes to spread. When the app can read the vault, they have, and the
# deployment that follows is not refused.
set -eu
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/common.sh"

app=$(app_id)
say 'waiting for the new roles to spread'
await 40 15 references "$app" ||
  fail 'Azure could not follow a Key Vault reference within ten minutes. Is the secret there, may the identity' \
    'read it, and does the network let it? Then: azd hooks run postprovision'

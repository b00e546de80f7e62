#!/bin/sh
# Replace the first API key by a new one, and see to it that the old one is refused:
#   sh infra/rotate-keys.sh          the second key becomes the first, a new one the second
#   sh infra/rotate-keys.sh resume   finish a rotation that was cut off
# Move callers to the second key before. No key is printed, nor visible in the list of processes.
set -eu
umask 077
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/hooks/common.sh"

vault=$(value AZURE_KEY_VAULT_NAME)
secret=$(value SPEAKER_KEYS_SECRET)
url=$(value SERVICE_API_URI)
list=$(mktemp)
trap 'rm -f "$list"' EXIT

show() { az keyvault secret show --output tsv --query "$@"; } # WHAT WHERE...

# The key itself: an entry may say name:scope:key.
bare() { printf '%s' "${1##*:}"; }

# refused ENTRY, admitted ENTRY: what the service says to a caller with that key.
ask() {
  printf 'header = "Ocp-Apim-Subscription-Key: %s"\n' "$(bare "$1")" |
    curl --silent --max-time 30 --config - --output /dev/null --write-out '%{http_code}' \
      "$url/speaker-recognition/verification/text-independent/profiles?api-version=2021-09-05&top=1" || true
}
refused() {
  status=$(ask "$1")
  printf 'HTTP status with the old key: %s' "$status"
  [ "$status" = 401 ]
}
admitted() {
  status=$(ask "$1")
  printf 'HTTP status with the new key: %s' "$status"
  case $1 in
    *:*:*) [ "$status" = 200 ] || [ "$status" = 403 ] ;; # its scope may not be to list profiles
    *) [ "$status" = 200 ] ;;
  esac
}

unfinished='The vault holds the new keys, but the old one may still be accepted. To go on: sh infra/rotate-keys.sh resume'

finish() { # OLD NEW OLD_VERSION
  app=$(app_id) || fail "$unfinished"
  await 40 15 references "$app" || fail "$unfinished"
  await 40 15 admitted "$2" || fail "$unfinished"
  await 40 15 refused "$1" || fail "$unfinished"
  az keyvault secret set-attributes --id "$3" --enabled false --output none || fail "$unfinished"
  say 'The old key is refused, and its version of the secret is disabled. The new key is the second of the list:'
  say "az keyvault secret show --vault-name $vault --name $secret --query value --output tsv"
}

if [ "${1:-}" = resume ]; then
  versions=$(az keyvault secret list-versions --vault-name "$vault" --name "$secret" --output tsv \
    --query 'reverse(sort_by(@, &attributes.created))[?attributes.enabled].id')
  before=$(printf '%s\n' "$versions" | sed -n 2p)
  [ -n "$before" ] || fail 'There is nothing to finish: no older version of the secret is enabled.'
  current=$(show value --vault-name "$vault" --name "$secret")
  previous=$(show value --id "$before")
  finish "${previous%%,*}" "${current##*,}" "$before"
  exit 0
fi

current=$(show value --vault-name "$vault" --name "$secret") ||
  fail 'The vault does not let you read the keys. Are you its Key Vault Secrets Officer? If it is private, run this' \
    'from within its network.'
before=$(show id --vault-name "$vault" --name "$secret")
old=${current%%,*}
rest=${current#"$old"}
rest=${rest#,}
[ -n "$rest" ] || fail 'There is only one key: callers would be locked out. Add a second one, and move them to it.'
fresh=$(openssl rand -hex 32)
case $old in
  *:*:*) fresh=${old%:*}:$fresh ;;
esac
printf '%s,%s' "$rest" "$fresh" >"$list"
az keyvault secret set --vault-name "$vault" --name "$secret" --file "$list" --encoding utf-8 --output none
finish "$old" "$fresh" "$before"

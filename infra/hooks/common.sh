# shellcheck shell=sh
# What the hooks share. POSIX sh; the caller sets -eu. Nothing here prints a key.

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

# The value of the azd environment; azd hands a hook all of them, a person's shell none.
value() {
  eval "known=\${$1:-}"
  # shellcheck disable=SC2154 # eval has set it
  if [ -n "$known" ]; then
    printf '%s\n' "$known"
  else
    azd env get-value "$1"
  fi
}

# Region names as Azure compares them.
compact() { tr -d ' ' | tr '[:upper:]' '[:lower:]'; }

# bar DONE ALL TEXT: a line that is written over on a terminal.
bar() {
  filled=$(printf '%*s' "$1" '' | tr ' ' '#')
  printf '\r[%-*s] %s' "$2" "$filled" "$3" >&2
  [ -t 2 ] || say ''
}

# await TRIES SECONDS COMMAND...: run the command until it succeeds; what it prints is said beside the bar.
await() {
  tries=$1 pause=$2 try=0
  shift 2
  while [ "$try" -lt "$tries" ]; do
    try=$((try + 1))
    if said=$("$@"); then
      bar "$tries" "$tries" "$said"
      say ''
      return 0
    fi
    bar "$try" "$tries" "$said"
    sleep "$pause"
  done
  say ''
  return 1
}

# The app's resource id: az adds the address of the cloud that it is signed in to.
app_id() {
  az resource show --resource-group "$(value SPEAKER_RESOURCE_GROUP)" --name "$(value SERVICE_API_NAME)" \
    --resource-type Microsoft.Web/sites --query id --output tsv
}

# references APP: have Azure read the vault now, and say what it could not follow. A restart would not: values are kept a day.
references() {
  az rest --method post --url "$1/config/configreferences/appsettings/refresh?api-version=2022-03-01" --output none ||
    return 1
  unresolved=$(az rest --method get --url "$1/config/configreferences/appsettings?api-version=2022-03-01" \
    --query "value[?properties.status!='Resolved'].join(' ', [name, properties.status])" --output tsv) || return 1
  if [ -z "$unresolved" ]; then
    printf 'all Key Vault references are resolved'
  else
    printf '%s' "$unresolved" | tr '\n' ' '
    return 1
  fi
}

#!/bin/sh
# After azd has deployed: wait until the service answers, and say how to call it.
set -eu
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/common.sh"

url=$(value SERVICE_API_URI)

healthy() {
  status=$(curl --silent --max-time 30 --output "$answer" --write-out '%{http_code}' "$url/health") || status=none
  printf 'HTTP status of %s/health: %s' "$url" "$status"
  [ "$status" = 200 ]
}

if [ "${INBOUND_PRIVATE:-false}" = true ]; then
  say "$url answers within its network only: ask $url/health there."
else
  answer=$(mktemp)
  trap 'rm -f "$answer"' EXIT
  await 40 15 healthy ||
    fail 'The service is not healthy after ten minutes. It says:' "$(cat "$answer")" \
      'What to look at first: docs/deploy.md, When something fails'
fi
cat <<END
The service is up. With one of your keys in KEY:

  curl -s -H "Ocp-Apim-Subscription-Key: \$KEY" -d '{"locale":"en-us"}' \\
    "$url/speaker-recognition/verification/text-independent/profiles?api-version=2021-09-05"
END

#!/usr/bin/env bash
# tools/tests.sh COMMAND...: the contracts' tests beside a command's. Their compiler works on one core for a minute or more, while
# tests of the system often wait. What they say is kept and shown at the end: whole where one failed, else its last line.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
(cd contracts && exec node_modules/.bin/forge test) >"$log" 2>&1 &
forge=$!
trap 'kill "$forge" 2>/dev/null; rm -f "$log"' EXIT
status=0
"$@" || status=$?
if wait "$forge"; then
  tail -n 1 "$log"
else
  cat "$log"
  echo "contracts: forge test failed, see above" >&2
  rm -f .pytest_cache/v/cache/lastfailed # CI's second chance is for Python's tests alone
  status=1
fi
exit "$status"

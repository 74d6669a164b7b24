#!/usr/bin/env bash
# Three kinds of tests need Debian packages: a browser (chromium, with Chinese glyphs), the production broker
# (rabbitmq-server) and an owner's database (mariadb-server). As root they are installed here, otherwise those tests skip and say so; CI forbids the skip.
set -euo pipefail
missing=()
command -v chromium >/dev/null 2>&1 || missing+=(chromium fonts-noto-cjk)
[ -x /usr/sbin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null 2>&1 || missing+=(rabbitmq-server)
[ -x /usr/sbin/mariadbd ] || command -v mariadbd >/dev/null 2>&1 || missing+=(mariadb-server)
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "setup: Debian packages ${missing[*]}"
  # RUNLEVEL=1: the packages' services are not started, tests start their own
  { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"; } >/dev/null 2>&1 ||
    echo "setup: ${missing[*]} could not be installed; tests that need them will be skipped" >&2
else
  echo "setup: no ${missing[*]} here and not root; tests that need them will be skipped" >&2
fi

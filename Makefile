.DEFAULT_GOAL := help
.PHONY: help demo test nightly faults walks properties up down lint fmt bench docs lock artifacts web check-artifacts contract-checks api-checks clear-signing-checks mutants
export PATH := $(PATH):$(CURDIR)/.venv/bin
# a test run imports some 400 test modules in each worker: compiled once and kept, whatever the shell says
export PYTHONDONTWRITEBYTECODE :=
run := tools/bootstrap.sh run
dev := tools/bootstrap.sh dev
bin := .venv/bin
# what TypeScript takes from Python: records, words, vectors; then from both the bundles
web := audit_explorer/web
web_tools := web_records web_words web_evidence web_passkeys web_templates web_vectors
api_types := node_modules/.bin/openapi-typescript ../../orchestrator/api/openapi.json --immutable --output src/generated/api.ts
# twice the cores of a small machine: three workers begin with systems of their own, whose tests mostly wait (tests/conftest.py)
pytest := $(bin)/python -m pytest -n 4 --dist loadscope --no-loadscope-reorder --spent 40
# in a fresh checkout four workers would each compile the same 400 modules
compiled := { [ -d tests/__pycache__ ] || $(bin)/python -m pytest --collect-only -q -q >/dev/null; }

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 12

demo: ## sets everything up and runs the main job: three organisations train a model together
	@$(run) && $(bin)/tally demo

test: ## sets everything up and passes the tests (what takes longer: make nightly)
	@$(dev) && tools/system-packages.sh && tools/tests.sh sh -c '$(compiled); $(pytest) -m "not slow and not walk"'

nightly: ## the slow tests: kill matrix, every byte of the bundle (SAMPLE=0.6 runs that part of them, another one each commit)
	@$(dev) && tools/system-packages.sh && $(pytest) -m slow --sample=$(or $(SAMPLE),1) --promised=$(or $(PROMISED),1)

faults: ## ten thousand random histories of coordinator, chain, broker and nodes (hours; COUNT=300 for some, FIRST=5000 for others)
	@$(dev) && $(bin)/python -m tests.simulation.faults --count $(or $(COUNT),10000) --first $(or $(FIRST),0) --jobs $$(nproc)

properties: ## every property test with a thousand examples where it names no number itself (make test: thirty, CI: fifty)
	@$(dev) && $(pytest) -m "hypothesis and not slow and not walk" --hypothesis-profile=many

walks: ## every false story of every kind and every lie in every field: hours (make test draws a sample of them)
	@$(dev) && $(pytest) -m walk

up: ## starts the demo's system and leaves it running for a look around
	@$(run) && $(bin)/tally up

down: ## stops what `make up` started
	@$(run) && $(bin)/tally down

lint: ## format check, lint and types (Python, TypeScript), import walls, contract format
	@$(dev) && $(bin)/ruff format --check . && $(bin)/ruff check . && $(bin)/basedpyright && $(bin)/lint-imports && \
	  (cd contracts && node_modules/.bin/forge fmt --check) && (cd $(web) && node_modules/.bin/biome ci . && node_modules/.bin/tsc)

fmt: ## formats Python, Solidity and TypeScript
	@$(dev) && $(bin)/ruff format . && $(bin)/ruff check --fix . && (cd contracts && node_modules/.bin/forge fmt) && \
	  (cd $(web) && node_modules/.bin/biome check --write .)

bench: ## measures the engine beside SPU and stock MPyC, then end to end (about half an hour, quiet machine)
	@$(run) && $(bin)/python -m benchmarks engine $(BENCH)

docs: ## checks that every command printed in the docs exists and every link resolves
	@$(dev) && $(bin)/python -m pytest -q tests/docs

lock: ## renews the hashed locks
	@tools/lock.sh

check-artifacts: ## proves that committed artifacts, bindings and vectors are what the sources give
	@$(dev) && $(bin)/python -m chain.compile --check && $(bin)/python -m chain.generate --check && \
	  $(bin)/python contracts/vectors.py --check && $(bin)/python contracts/signature_vectors.py --check && \
	  for tool in $(web_tools) dashboard law_docs clear_signing; do $(bin)/python -m tools.$$tool --check || exit 1; done && \
	  (cd $(web) && $(api_types) --check && node build.mjs --check)

contract-checks: ## slither, symbolic checks, more fuzzing, coverage and gas of the contracts (about six minutes)
	@$(dev) && $(bin)/python -m tools.contract_checks

api-checks: ## holds the running API against its OpenAPI document with made-up requests (ten minutes; SECONDS=120 for two, SEED=1 for the same ones again)
	@$(dev) && $(bin)/python -m tools.api_checks $(or $(SECONDS),600) $(SEED)

clear-signing-checks: ## holds how wallets show what they sign (ERC-7730) against the standard's own linter (needs a Python 3.12)
	@$(dev) && $(bin)/python -m tools.clear_signing_checks

mutants: ## takes each defence out in turn and asks whether a test notices (a few minutes; WORD=consent for some)
	@$(dev) && $(bin)/python -m tools.mutants $(WORD)

artifacts: ## rebuilds contract artifacts and bindings
	@$(dev) && $(bin)/python -m chain.compile && $(bin)/python -m chain.generate

web: ## rebuilds the pages: records, words, vectors and API types for TypeScript, then the bundles
	@$(dev) && for tool in $(web_tools); do $(bin)/python -m tools.$$tool || exit 1; done && \
	  (cd $(web) && $(api_types) && node build.mjs)

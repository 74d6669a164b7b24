.DEFAULT_GOAL := help
.PHONY: help demo test nightly walks up down lint fmt bench docs lock artifacts check-artifacts contract-checks api-checks mutants
export PATH := $(PATH):$(CURDIR)/.venv/bin
# a test run imports some 400 test modules in each worker: compiled once and kept, whatever the shell says
export PYTHONDONTWRITEBYTECODE :=
run := tools/bootstrap.sh run
dev := tools/bootstrap.sh dev
bin := .venv/bin
# a worker more than the cores of a small machine: a third of the time tests wait for deadlines and for processes of their own
pytest := $(bin)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 12

demo: ## sets everything up and runs the main job: three organisations train a model together
	@$(run) && $(bin)/tally demo

test: ## sets everything up and passes the tests (what takes longer: make nightly)
	@$(dev) && tools/system-packages.sh && (cd contracts && node_modules/.bin/forge test) && $(pytest) -m "not slow and not walk"

nightly: ## the slow tests: kill matrix, every byte of the bundle (SAMPLE=0.6 runs that part of them, another one each commit)
	@$(dev) && tools/system-packages.sh && $(pytest) -m slow --sample=$(or $(SAMPLE),1)

walks: ## every false story of every kind and every lie in every field: hours (make test draws a sample of them)
	@$(dev) && $(pytest) -m walk

up: ## starts the demo's system and leaves it running for a look around
	@$(run) && $(bin)/tally up

down: ## stops what `make up` started
	@$(run) && $(bin)/tally down

lint: ## format check, lint, types, import walls, contract format
	@$(dev) && $(bin)/ruff format --check . && $(bin)/ruff check . && $(bin)/basedpyright && $(bin)/lint-imports && \
	  (cd contracts && node_modules/.bin/forge fmt --check)

fmt: ## formats Python and Solidity
	@$(dev) && $(bin)/ruff format . && $(bin)/ruff check --fix . && (cd contracts && node_modules/.bin/forge fmt)

bench: ## measures the engine beside SPU and stock MPyC, then end to end (about half an hour, quiet machine)
	@$(run) && $(bin)/python -m benchmarks engine $(BENCH)

docs: ## checks that every command printed in the docs exists and every link resolves
	@$(dev) && $(bin)/python -m pytest -q tests/docs

lock: ## renews the hashed locks
	@tools/lock.sh

check-artifacts: ## proves that committed artifacts, bindings and vectors are what the sources give
	@$(dev) && $(bin)/python -m chain.compile --check && $(bin)/python -m chain.generate --check && \
	  $(bin)/python contracts/vectors.py --check && $(bin)/python contracts/signature_vectors.py --check

contract-checks: ## slither, symbolic checks, coverage and gas of the contracts (about five minutes)
	@$(dev) && $(bin)/python -m tools.contract_checks

api-checks: ## holds the running API against its OpenAPI document with made-up requests (ten minutes; SECONDS=120 for two, SEED=1 for the same ones again)
	@$(dev) && $(bin)/python -m tools.api_checks $(or $(SECONDS),600) $(SEED)

mutants: ## takes each defence out in turn and asks whether a test notices (a few minutes; WORD=consent for some)
	@$(dev) && $(bin)/python -m tools.mutants $(WORD)

artifacts: ## rebuilds contract artifacts and bindings
	@$(dev) && $(bin)/python -m chain.compile && $(bin)/python -m chain.generate

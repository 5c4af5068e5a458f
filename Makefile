# Each target is one line that a person can also type. `make` alone lists them.
.PHONY: help setup demo up down status test prove check bench lock
python := .venv/bin/python

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*##/\t/' | expand -t 10

setup: ## Debian packages and .venv, only what is missing
	@deploy/local/setup

demo: setup ## the whole story, from a scan to a mail; leaves the stack running
	@$(python) -m deploy.local demo

up: setup ## start the stack and wait until it is ready (BROKER=kafka BROKERS=3, KAFKA_BOOTSTRAP, MONGO_URL, OBJECT_STORE)
	@$(python) -m deploy.local up

down: ## stop what up started; its data stays in var/
	@$(python) -m deploy.local down

status: ## every process, its state and readiness
	@$(python) -m deploy.local status

test: ## every promise in small sizes: what CI runs
	@deploy/local/setup tests && $(python) -m pytest tests -m "not prove" -n 2 --no-loadscope-reorder

prove: ## every promise in full sizes; writes var/proof.json
	@deploy/local/setup tests && $(python) -m pytest tests -m prove --timeout 7200

check: setup ## style, types, imports, contracts
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports && $(python) -m shared.events check

bench: ## figures against their baselines; writes var/bench.json
	@deploy/local/setup tests && $(python) -m tests.benchmarks

lock: ## pin requirements.lock from pyproject.toml, with hashes (needs uv)
	@uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --extra dev --output-file requirements.lock pyproject.toml

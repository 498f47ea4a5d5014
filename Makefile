# Two commands set everything up on a fresh machine with python3, make and a package registry:
#   make demo    the main job on the sample          make test    the tests
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SPARK := .venv-spark
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
export PYTHONHASHSEED := 0

.PHONY: help setup demo test hostile test-services check bench bench-linkage serve lock wheel clean

help: ## what you can do here
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## make the environment

$(READY): requirements.lock pyproject.toml
	@echo "Making the environment in $(VENV) (once; a minute or two)"
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 11) else "Python 3.11 is needed")'
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet uv 2>/dev/null || true
	@if [ -x $(BIN)/uv ]; then $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock; \
	else $(BIN)/pip install --quiet --require-hashes -r requirements.lock; fi
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## run the deliveries and nightly runs on the sample, through Airflow
	$(BIN)/integration demo

test: $(READY) ## all tests that need no service
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-services: $(READY) $(SPARK)/.ready ## tests that need Java and pyspark, or a PostgreSQL server
	$(SPARK)/bin/python -m pytest -n 0 tests/services

$(SPARK)/.ready: requirements-spark.lock pyproject.toml
	@echo "Making the environment in $(SPARK) (once; some 400 MB more); PostgreSQL comes from the system"
	$(PYTHON) -m venv $(SPARK)
	@$(BIN)/uv pip install --quiet --python $(SPARK)/bin/python --require-hashes -r requirements-spark.lock
	@$(BIN)/uv pip install --quiet --python $(SPARK)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

hostile: $(READY) ## every attack in full: most of an hour
	$(BIN)/integration privacy attack --full --json

check: $(READY) ## style, types, layers, lock
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## benchmarks, each prints JSON
	@for b in benchmarks/bench_*.py; do $(BIN)/python $$b || exit 1; done

bench-linkage: $(READY) ## linking by likeness beside plain-text Splink, JSON
	@$(BIN)/python benchmarks/bench_linkage_model.py

serve: $(READY) ## open the newest release on http://127.0.0.1:8050
	$(BIN)/integration serve

lock: ## resolve the newest versions anew (needs the environment)
	$(COMPILE) --upgrade --extra dev pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade --constraint requirements.lock --extra dev --extra spark --extra postgresql pyproject.toml -o requirements-spark.lock

wheel: $(READY) ## build the wheel
	$(BIN)/python -m build --wheel --no-isolation

clean: ## remove what was made (not the environment)
	rm -rf var dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.DEFAULT_GOAL := help
.PHONY: help setup run up test proof test-spark4 unit check check-aws format lock bench bench-states bench-cloud bench-load bench-convert bench-drops bench-console bench-walk bench-files conformance jsonata chaos docs clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN    := .venv/bin
READY  := .venv/.ready
DOCS   := .venv-docs
AWS    := .venv-aws
RIVAL  := .venv-rival
SEED   ?= 1
RUNS   ?= 200
FILE   ?= sample_data/addresses.csv

# Small files take the path without Spark; `make run` shows the Glue job unless told otherwise.
ENGINE ?= spark
ENGINE_spark  := --parameter SmallPathMaxBytes=0
ENGINE_duckdb :=

# In these tests the local cloud lives in pytest's own process and corrects moto for good,
# so they do not share a process with tests on plain moto.
CLOUD_TESTS := $(addprefix tests/,browser chaos e2e $(addprefix integration/,deploy gluerun lambdas localcloud))

help:           ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Create .venv with everything that the lock names

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sluice needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	@echo "installing what requirements.lock names: a minute or two"
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	$(BIN)/python -m compileall -q localcloud sluice functions
	@touch $@

run: $(READY)   ## Start the local cloud, deploy template.yaml, drop a sample and follow its run
	$(BIN)/sluice --local --fresh $(ENGINE_$(ENGINE)) run $(FILE)

up: $(READY)    ## Keep the local cloud in the foreground until Ctrl-C
	$(BIN)/sluice up

test: $(READY)  ## Run every test
	$(BIN)/pytest -n 2 --dist loadgroup $(CLOUD_TESTS:%=--ignore=%)
	$(BIN)/pytest -n 2 --dist loadgroup $(CLOUD_TESTS)

proof: $(READY) ## Repeat the proof of repeated keys a hundred times, and kill an executor
	RUNS=100 $(BIN)/pytest -n 2 tests/unit/conversion/test_repeats_in_many_splits.py
	PROOF=1 $(BIN)/pytest tests/integration/glue_job/test_a_lost_executor.py

test-spark4:    ## Run the tests of the Glue job on Spark 4.1 (needs a JDK 17)
	$(PYTHON) -m venv .venv-spark4
	.venv-spark4/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-spark4.lock
	PROOF=1 .venv-spark4/bin/pytest tests/integration/glue_job

unit: $(READY)  ## Run the tests that need neither a socket nor a JVM
	$(BIN)/pytest tests/unit -n 2

check: $(READY) ## Lint code, types, template (raw and translated) and state machine
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m localcloud.deploy.lint template.yaml

check-aws: $(READY) $(AWS)/.ready ## Ask AWS's own tools: sam validate, build and package, checkov, parliament (needs Python 3.13, too)
	$(BIN)/python -m localcloud.check_aws template.yaml --tools $(AWS)/bin

$(AWS)/.ready: requirements-aws.lock
	$(PYTHON) -m venv $(AWS)
	$(AWS)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-aws.lock
	@touch $@

format: $(READY) ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:           ## Write the locks anew from pyproject.toml, and the layers' from their own (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev \
	  --no-header --no-annotate pyproject.toml -o requirements.lock
	echo 'pyspark==4.1.1' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --group dev --no-header --no-annotate --override - pyproject.toml -o requirements-spark4.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group aws \
	  --no-header --no-annotate -o requirements-aws.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group docs \
	  --no-header --no-annotate -o requirements-docs.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group rival \
	  --no-header --no-annotate -o requirements-rival.lock
	for layer in engine patterns; do \
	  uv pip compile --quiet --python-platform aarch64-manylinux2014 --python-version 3.13 --generate-hashes \
	    --no-header --no-annotate --constraint requirements.lock layers/$$layer/requirements.in -o layers/$$layer/requirements.txt \
	  || exit 1; done

bench: bench-states bench-load bench-convert ## Run every benchmark

bench-states: $(READY)  ## Measure the States Language engine beside moto's
	$(BIN)/python -m benchmarks.states

bench-cloud: $(READY) $(RIVAL)/.ready ## Measure the local cloud's start, memory and requests beside ministack's
	$(BIN)/python -m benchmarks.cloud --rival $(RIVAL)/bin/ministack
	$(BIN)/python -m benchmarks.histories

$(RIVAL)/.ready: requirements-rival.lock
	$(PYTHON) -m venv $(RIVAL)
	$(RIVAL)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-rival.lock
	@touch $@

bench-load: $(READY)    ## Measure the loader beside awswrangler, batch_writer and plain puts
	$(BIN)/python -m benchmarks.load

bench-drops: $(READY)   ## Drop 2,000 small files at once under throttling: runs, transitions, dollars, files per second
	$(BIN)/python -m benchmarks.drops

bench-console: $(READY) ## Measure each page of the console with 10,000 runs
	$(BIN)/python -m benchmarks.console

bench-walk: $(READY)    ## Walk from a bad file's message to its mended rows: actions and seconds
	$(BIN)/python -m benchmarks.walk

bench-files: $(READY)   ## Draft contracts for realistic files and compare what would be loaded with what is meant
	$(BIN)/python -m benchmarks.files

bench-convert: $(READY) ## Measure the conversion beside naive jobs and bare engines: make bench-convert SIZE=5000 (megabytes)
	$(BIN)/python -m benchmarks.convert $(SIZE:%=--megabytes %)

conformance: $(READY)   ## Compare executions with recorded ones: make conformance HISTORIES=file
	$(BIN)/python -m benchmarks.conformance $(HISTORIES)

jsonata: $(READY)       ## Compare expressions with JSONata 2.0.6: make jsonata SUITE=folder
	$(BIN)/python -m benchmarks.jsonata $(SUITE:%=--suite %)

chaos: $(READY) ## Run the pipeline under seeded faults: make chaos SEED=1 RUNS=200
	$(BIN)/python -m tests.chaos --seed $(SEED) --runs $(RUNS)

docs: $(DOCS)/.ready    ## Build the documentation as a site in site/; a dead link fails
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict

$(DOCS)/.ready: requirements-docs.lock
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-docs.lock
	@touch $@

clean:          ## Remove the environment, caches and the local cloud's data
	rm -rf .venv $(DOCS) $(RIVAL) site .sluice .pytest_cache .mypy_cache .ruff_cache .hypothesis .aws-sam

# Everything works from a fresh clone with Python 3.11 to 3.13, make, git and bash; nothing else.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8080
# Labelled sets of others, which are not part of this repository: used where they lie.
LABELLED ?= ../shared/data/labelled
MESSAGES ?= 1000000
FROM ?= 2026-11-02
TO ?= 2026-11-15
UV := 0.13.9

BIN := .venv/bin
AIRFLOW_HOME := $(CURDIR)/.airflow
LOGS := .airflow/logs

.DEFAULT_GOAL := help
.PHONY: help setup run airflow test lint train bench benchmark-quality benchmark-fields docs recipes lock clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- set-up: the lock, hash by hash, through pip and its own configuration

setup: .venv/.installed ## create .venv and install from the lock (the others do it when needed)

.venv/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
	  echo "error: $(PYTHON) is not Python 3.11, 3.12 or 3.13 ($$($(PYTHON) --version 2>&1))"; \
	  echo "mend: name one that is, such as: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; } >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing $$(grep -c == requirements.txt) packages into .venv (a minute or two, 0.9 GB) …"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# datacontract-cli wants other versions than Engage, so it lives in an environment of its own.
.venv-contracts/.installed: requirements-contracts.txt | .venv/.installed
	@test -x .venv-contracts/bin/python || $(BIN)/python -m venv .venv-contracts
	@echo '*' > .venv-contracts/.gitignore
	@.venv-contracts/bin/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

# --- Airflow: its home inside the repository, SQLite, no examples

run airflow .airflow/.migrated: export AIRFLOW_HOME := $(AIRFLOW_HOME)
run airflow .airflow/.migrated: export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN := sqlite:///$(AIRFLOW_HOME)/airflow.db
run airflow .airflow/.migrated: export AIRFLOW__CORE__DAGS_FOLDER := $(CURDIR)/dags
run airflow .airflow/.migrated: export AIRFLOW__CORE__EXECUTOR := LocalExecutor
run airflow .airflow/.migrated: export AIRFLOW__CORE__LOAD_EXAMPLES := False
run airflow .airflow/.migrated: export AIRFLOW__CORE__UNIT_TEST_MODE := False
run airflow .airflow/.migrated: export AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION := False
run airflow .airflow/.migrated: export AIRFLOW__CORE__PARALLELISM := 2

.airflow/.migrated: .venv/.installed
	@mkdir -p $(LOGS)
	@echo "setting up Airflow's database (ten seconds) …"
	@$(BIN)/airflow db migrate > $(LOGS)/migrate.log 2>&1 || { cat $(LOGS)/migrate.log >&2; exit 1; }
	@touch $@

run: .venv/.installed .airflow/.migrated ## run the DAGs over the example company's fourteen days, show what came out
	@$(BIN)/python dags $(FROM) $(TO)
	@$(BIN)/engage report
	@$(BIN)/engage report --html report.html

airflow: export PATH := $(CURDIR)/$(BIN):$(PATH)
airflow: .venv/.installed .airflow/.migrated ## start Airflow's web interface on PORT (8080), stop with Ctrl-C
	@$(BIN)/python dags/standalone.py $(PORT)

# --- work on Engage

# Two threads that wait for each other over three numbers take more time than they save.
test: export OPENBLAS_NUM_THREADS := 1
# To rewrite the assertions of all tests takes each worker four seconds: once is enough.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/.installed ## run all tests
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: .venv/.installed .venv-contracts/.installed ## check style, types, import layers and data contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@for file in data_contracts/*.yaml; do .venv-contracts/bin/datacontract lint "$$file" || exit 1; done

train: .venv/.installed ## train the detectors from the corpora, write models/
	@$(BIN)/engage train $(addprefix --tag ,$(TAG)) $(addprefix --labelled ,$(wildcard $(LABELLED)))

bench: .venv/.installed ## measure speed and memory, print the table, write docs/performance.md
	@$(BIN)/python -m benchmarks.speed --messages $(MESSAGES) --write

benchmark-quality: .venv/.installed ## run the public benchmarks on LABELLED, write docs/quality.md
	@$(BIN)/python -m benchmarks.quality --labelled $(LABELLED) --write

benchmark-fields: .venv/.installed ## measure how leads and complaints are read, write docs/fields.md
	@$(BIN)/python -m benchmarks.fields --write

docs: .venv/.installed ## write the generated pages of docs/ again
	@$(BIN)/python -m pipeline.docs

recipes: .venv/.installed ## ask the recipes of the example company, write their answers into docs/recipes.md
	@$(BIN)/python -m benchmarks.recipes --write

lock: .venv/.installed ## resolve the dependencies again, write both locks (hashes, no addresses)
	@$(BIN)/python -m pip install --quiet uv==$(UV)
	@$(BIN)/uv pip compile pyproject.toml --extra airflow --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements.txt
	@echo datacontract-cli | $(BIN)/uv pip compile - --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements-contracts.txt

clean: ## remove the lake, the exports, the report's page, Airflow's home and all caches
	@rm -rf lake exports report.html .airflow build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
	  .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## remove the environments too
	@rm -rf .venv .venv-contracts

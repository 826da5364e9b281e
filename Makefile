# On a machine with Python 3.11 or later, git and make, two commands do all the set-up:
#   make demo   build a small environment and run the main job on embedded DuckDB
#   make test   build the full environment and pass the tests
PYTHON ?= python3
VENV := .venv
DEMO_VENV := .venv-demo
BIGQUERY_VENV := .venv-bqemulator
DUCKDB_EXTENSIONS := .duckdb-extensions
BIN := $(VENV)/bin
PIP_FLAGS := --quiet --disable-pip-version-check --require-hashes --no-deps
SOURCES := src tests benchmarks
PROFILE_TESTS := tests/unit/adapters/profiles \
  $(addprefix tests/contract/test_profile_,generator.py store.py)

export PYTHONDONTWRITEBYTECODE :=
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_DISABLE_TELEMETRY := yes

.DEFAULT_GOAL := help
.PHONY: help demo test check bench docs lock clean fast-test engine-test

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

define build_environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "floe needs Python 3.11 or later; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "building $(1) from $(2) (some minutes the first time)"
	@$(PYTHON) -m venv --clear $(1)
	@$(1)/bin/python -m pip install $(PIP_FLAGS) -r $(2)
endef

define install_floe
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(DEMO_VENV)/.installed: constraints-demo.txt pyproject.toml
	$(call build_environment,$(DEMO_VENV),constraints-demo.txt)
	$(call install_floe,$(DEMO_VENV))

$(VENV)/.installed: constraints.txt pyproject.toml
	$(call build_environment,$(VENV),constraints.txt)
	$(call install_floe,$(VENV))

# apart, because it wants another sqlglot than floe does
$(BIGQUERY_VENV)/.installed: constraints-bqemulator.txt
	$(call build_environment,$(BIGQUERY_VENV),constraints-bqemulator.txt)
	@touch $@

# an older DuckDB and extensions for it, which stand before the newer one where a test asks for it
$(DUCKDB_EXTENSIONS)/.installed: constraints-duckdb-extensions.txt $(VENV)/.installed
	@echo "filling $(DUCKDB_EXTENSIONS) from $<"
	@rm -rf $(DUCKDB_EXTENSIONS)
	@$(BIN)/python -m pip install $(PIP_FLAGS) --target $(DUCKDB_EXTENSIONS) -r $<
	@touch $@

demo: $(DEMO_VENV)/.installed ## run the main job in ./demo on embedded DuckDB
	@test -f demo/floe.yaml || $(DEMO_VENV)/bin/floe init demo
	@cd demo && ../$(DEMO_VENV)/bin/floe run --output plain
	@cd demo && ../$(DEMO_VENV)/bin/floe report

test: $(VENV)/.installed fast-test engine-test ## pass the tests, the real engines included

fast-test: $(VENV)/.installed ## pass the tests that need no engine but DuckDB
	@echo "tests without engines"
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not engine"

engine-test: $(VENV)/.installed $(BIGQUERY_VENV)/.installed $(DUCKDB_EXTENSIONS)/.installed ## pass the tests on real and emulated warehouses and browsers
	@echo "tests on engines (visible skips say what this machine lacks)"
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m engine --ignore tests/integration/engines
	@$(BIN)/python -m pytest tests/integration/engines

check: $(VENV)/.installed ## lint, format, types, architecture, coverage of profiles, duplicates
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture
	$(BIN)/python -m pytest -q $(PROFILE_TESTS) --cov floe.adapters.profiles --cov-branch \
	  --cov-report term-missing:skip-covered --cov-fail-under 100
	$(BIN)/pylint src/floe

bench: $(VENV)/.installed ## measure floe beside its peers, into docs/benchmarks.md
	$(BIN)/python -m benchmarks

docs: $(VENV)/.installed ## check that the documentation is whole and current
	$(BIN)/python -m pytest tests/unit/test_docs.py

lock: ## pin every dependency again
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --quiet pyproject.toml --all-extras --group dev \
	  --output-file constraints.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --quiet pyproject.toml --extra demo --group build \
	  --constraint constraints.txt --output-file constraints-demo.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --quiet --group bqemulator \
	  --output-file constraints-bqemulator.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --quiet --group duckdb-extensions \
	  --output-file constraints-duckdb-extensions.txt

clean: ## remove what the targets above made
	rm -rf $(VENV) $(DEMO_VENV) $(BIGQUERY_VENV) $(DUCKDB_EXTENSIONS) demo dist site

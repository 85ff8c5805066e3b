# make demo   the three example studies, from nothing to their reports
# make test   all tests
# make check  format, lint, types, import layers
# make bench  how long the flagship study takes, and every estimator beside other programs; WRITE=1 writes the page
# make simulations  coverage of limits and size of tests, half an hour of one processor; WRITE=1 writes the page
# make bench-data  a register of a million patients checked and derived from
# make fuzz   5,000 study files and tables damaged at random
# make lock   renew the lock files after a change of the dependencies in pyproject.toml

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all:

.PHONY: demo test check bench bench-data fuzz simulations lock clean
.DEFAULT_GOAL := demo

demo: $(VENV)/installed
	$(BIN)/atrisk run examples/colon/study.yaml --out out/colon
	$(BIN)/atrisk run examples/netlm/study.yaml --out out/netlm
	$(BIN)/atrisk run examples/pbc/study.yaml --out out/pbc
	@echo
	@echo "The reports: out/colon/report.html, out/netlm/report.html and out/pbc/report.html"

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench-data: $(VENV)/installed
	$(BIN)/python -m bench.registry

# 5,000 study files and tables damaged at random.
fuzz: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 0 -m slow tests/cli/test_fuzz_commands.py

bench: $(VENV)/installed
	$(BIN)/python -m bench $(if $(WRITE),--write)

simulations: $(VENV)/installed
	$(BIN)/python -m simulations $(if $(WRITE),--write)

# Universal: one file for every system and Python version the package supports, with hashes.
lock: $(VENV)/installed-dev
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-emit-index-url \
	  --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-emit-index-url \
	  --constraint requirements.lock --quiet --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) out build dist

# The environment is made anew only when there is none; packages are installed when a lock file changed.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "atrisk needs Python 3.11 or newer; $(PYTHON) is not. Say which: make demo PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing. Install it with: sudo apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/installed: $(BIN)/python pyproject.toml requirements.lock
	$(PIP) --require-hashes --requirement requirements.lock
	$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	$(PIP) --require-hashes --requirement requirements-dev.lock
	@touch $@

# What you can do with this tree. `make` alone lists it. Needs Python 3.11 or newer and make; everything else goes into .venv.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# The environment is made again when what it is made from changes.
STAMP   = $(VENV)/.installed-$(shell cksum pyproject.toml | cut -d' ' -f1)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: venv
venv: $(STAMP) ## make .venv with the package and its tools in it

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "router needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@rm -f $(VENV)/.installed-*
	@touch $@

.PHONY: demo
demo: $(STAMP) ## run the example: real events, signed deliveries, one retry
	@$(BIN)/router demo

.PHONY: lint
lint: $(STAMP) ## lint the example configuration and run its tests
	@$(BIN)/router fmt --check routes
	@$(BIN)/router lint routes
	@$(BIN)/router test routes

.PHONY: test
test: $(STAMP) ## run the tests (ARGS="tests/store -k claim" for some of them)
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: check
check: $(STAMP) ## formatting, ruff, mypy, the order of packages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: docs
docs: $(STAMP) ## write the generated parts of the documentation
	@$(BIN)/python docs/refresh.py

.PHONY: bench
bench: $(STAMP) ## measure durable deliveries per second and CPU per delivery
	@$(BIN)/python -m benchmarks.delivery $(ARGS)

.PHONY: clean
clean: ## remove .venv, caches and built files
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find router tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

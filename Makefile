# What each needs it sets up itself, from nothing but Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# What the page's build and tests need beside it: a Node where the machine has none, a driver of its Chromium.
PAGE_READY := .venv/.page-ready
NODE_READY := web/node_modules/.ready
# Tests wait for processes more than they compute, so that two cores do the work of four workers
# (tests/conftest.py: who gets what).
SPREAD := -n 4 --dist loadfile --no-loadscope-reorder
# Else each of the hundreds of processes compiles our sources anew.
COMPILED := PYTHONDONTWRITEBYTECODE=

.DEFAULT_GOAL := help
.PHONY: help setup dev chat demo test evals lint page screenshots soak explore bench lock clean

help:            ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */make \1\t/' | expand -t 14

setup: $(READY)  ## the virtual environment, from requirements.lock

# Everything is in the lock with its hash, so nothing is resolved; --no-deps also keeps torch out, which the
# package of the embedding weights asks for and nothing here uses.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what requirements.lock lists (two minutes, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --prefer-binary -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(PAGE_READY): $(READY) requirements.page.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --prefer-binary -r requirements.page.lock
	@touch $@

$(NODE_READY): web/package-lock.json | $(PAGE_READY)
	@echo "Installing what web/package-lock.json lists (half a minute, once) …"
	@web/npm ci --silent
	@touch $@

dev: $(READY)    ## serve the agent with `langgraph dev`
	@$(BIN)/mnemograph dev

chat: $(READY)   ## talk to the agent in this terminal
	@$(BIN)/mnemograph chat

demo: $(READY)   ## see in one minute that it remembers
	@$(BIN)/mnemograph demo

test: $(NODE_READY) ## every test: the page's parts, then all on real Postgres, real Redis and Chromium
	@web/npm test --silent
	@$(COMPILED) $(BIN)/python -m pytest $(SPREAD) --ignore tests/evals

evals: $(READY)  ## the contracts of memory, as a table (tests/evals/README.md)
	@$(COMPILED) $(BIN)/python -m tests.evals
	@$(COMPILED) $(BIN)/python -m pytest --ignore tests/evals/test_contracts.py tests/evals

lint: $(NODE_READY) ## style, types, the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@web/npm run lint --silent

page: $(NODE_READY) ## build the page from web/ into server/static, where it is committed
	@web/npm run build --silent

screenshots: $(NODE_READY) ## take the README's pictures of the page anew (needs Chromium)
	@$(BIN)/python -m tests.browser.screenshots docs/pictures

soak: $(READY)   ## 100,000 operations of many tenants on the store, 20 kills of the server and 100 of remembering (minutes)
	@TENANT_OPERATIONS=100_000 $(BIN)/python -m pytest -n0 -s tests/contract/store/test_many_tenants.py
	@$(BIN)/python -m tests.load.kill_server --times 20 --seed 7
	@$(BIN)/python -m tests.load.kill_remember --times 100 --seed 7

explore: $(READY) ## the property tests with examples that nobody has tried yet
	@HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest $(SPREAD) tests/unit

bench: $(READY)  ## measure, and write docs/benchmarks.md
	@$(BIN)/python -m benchmarks

lock:            ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --extra dev --group test --group weights --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock
	uv pip compile pyproject.toml --group weights -c requirements.lock --python-platform x86_64-manylinux_2_28 --python-version 3.12 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.image.lock
	uv pip compile --group page -c requirements.lock --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.page.lock

clean:           ## remove the virtual environment and caches; memories in .mnemograph stay
	rm -rf .venv web/node_modules .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info

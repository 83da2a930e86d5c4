# Every target sets up what it needs by itself: a machine with Python 3.11 or later and make is enough.
#
#   make demo           run the whole chain on the demonstration country, then serve its site (SERVE=no: prepare it only)
#   make test           the tests (two processes), the application's on SQLite and PostgreSQL; what this machine could not show is listed at the end
#   make lint           formatting, types, import arrows, sizes, neutrality, hosts
#   make accessibility  every page in every mode in every language, in a browser; the report comes into out/accessibility
#   make docs           build the documentation into site/, strictly
#   make bench          the benchmarks, each beside its peers
#   make spark-cluster  a standalone Spark cluster on loopback: one master, two workers; Ctrl-C ends it
#   make lock           lock the dependencies again (UPGRADE=1 takes the newest that pyproject.toml allows)
#   make clean          remove what the targets above have made

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.sapa
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
# The first interpreter that is new enough; `make PYTHON=/path/to/python …` names another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
PYTEST_ARGS ?=

.PHONY: help demo test lint accessibility docs bench spark-cluster lock clean
help:
	@sed -n 's/^#   //p' Makefile

$(STAMPS)/venv:
	@[ -n "$(PYTHON)" ] || { echo "No Python 3.11 or later found → install one, or name it: make PYTHON=/path/to/python" >&2; exit 2; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python can't make virtual environments → on Debian: apt-get install python3-venv" >&2; exit 2; }
	@echo "→ virtual environment in $(VENV) ($$("$(PYTHON)" --version))"
	@[ -x $(BIN)/python ] || "$(PYTHON)" -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

# The tools that build packages are locked too and stand in the environment itself: an isolated build would fetch its own.
$(STAMPS)/tools: requirements/tools.txt $(STAMPS)/venv
	@$(PIP) install --no-deps --require-hashes --requirement $<
	@touch $@

$(STAMPS)/sapa: pyproject.toml $(STAMPS)/tools
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/%: requirements/%.txt $(STAMPS)/tools
	@echo "→ locked dependencies: $* ($$(grep -c '==' $<) packages; the first time takes a minute or two)"
	@$(PIP) install --no-deps --no-build-isolation --require-hashes --requirement $<
	@touch $@

# The pages' scripts and styles are built once, by this machine's Node.js or, where it has none, by the one on PyPI.
WEB := src/sapa_web/static/build
NODE := $(shell node -e 'process.exit(process.versions.node.split(".")[0] < 20)' 2>/dev/null && command -v npm >/dev/null && echo yes)
$(WEB)/.done: frontend/package-lock.json frontend/build.mjs $(wildcard frontend/src/*) $(if $(NODE),,$(STAMPS)/frontend)
	@echo "→ scripts and styles of the pages"
	@export PATH="$(CURDIR)/$(BIN):$$PATH"; cd frontend && npm ci --silent --no-progress && node build.mjs
	@touch $@

demo: $(STAMPS)/web $(STAMPS)/sapa $(WEB)/.done
	@echo "→ the demonstration country, from returns to yearbook, anew in out/demo"
	@rm -rf out/demo
	@$(BIN)/sapa demo --out out/demo
	@echo "→ the yearbook lies in:" && find "$(CURDIR)/out/demo" -name 'yearbook*.pdf' | sort | sed 's/^/    /' | grep .
	@SAPA_HOME=out/demo/site SAPA_DEMO=1 $(BIN)/sapa-web demo_site --from out/demo $(if $(SERVE),,--serve)

test: $(STAMPS)/dev $(STAMPS)/sapa $(WEB)/.done
	@echo "→ tests"
	@$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)
	@echo "→ the application's tests once more, on PostgreSQL"
	@$(BIN)/python tools/with_postgres.py $(BIN)/python -m pytest -n 2 tests/web --ignore tests/web/browser -m "not slow" $(PYTEST_ARGS) \
		|| { code=$$?; [ $$code -eq 69 ] || exit $$code; echo "!!! NOT SHOWN ON THIS MACHINE: the application on PostgreSQL !!!"; }

lint: $(STAMPS)/dev $(STAMPS)/sapa
	@$(BIN)/python tools/lint.py

accessibility: $(STAMPS)/dev $(STAMPS)/sapa $(WEB)/.done
	@echo "→ every page in every mode and language (an hour or less); the report: out/accessibility/report.md"
	@SAPA_EVERYWHERE=out/accessibility $(BIN)/python -m pytest -n 0 tests/web/browser/test_everywhere.py

docs: $(STAMPS)/docs $(STAMPS)/sapa
	@echo "→ documentation in site/"
	@$(BIN)/python tools/reference_pages.py
	@log=$$(mktemp); NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict >"$$log" 2>&1 || { cat "$$log" >&2; rm -f "$$log"; exit 1; }; rm -f "$$log"
	@! grep -rnE '<(script|img|iframe)[^>]+src="(https?:)?//|<link[^>]+stylesheet[^>]+href="(https?:)?//|class="mermaid"' site --include='*.html' \
		|| { echo "A page fetches from outside → ship the file in docs/" >&2; exit 1; }

bench: $(STAMPS)/bench $(STAMPS)/sapa
	@echo "→ benchmarks"
	@for bench in bench/bench_*.py; do echo "→ $$bench"; $(BIN)/python "$$bench"; done

spark-cluster: $(STAMPS)/spark $(STAMPS)/sapa
	@command -v java >/dev/null || { echo "Spark needs Java → on Debian: apt-get install openjdk-17-jre-headless" >&2; exit 2; }
	@$(BIN)/python tools/spark_cluster.py

lock: $(STAMPS)/dev
	@tools/lock.sh

clean:
	@rm -rf out site build dist frontend/node_modules $(WEB) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache $(VENV)

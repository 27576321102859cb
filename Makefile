# `make help` lists what there is. Settings are given by environment: `PORT=9000 make run`.

PYTHON = python3
VENV_PYTHON = .venv/bin/python

.PHONY: help run test test-fast check bench format lock python packages
.DEFAULT_GOAL := help

help:
	@echo "make run        install what is needed and serve the site (Ctrl-C ends it)"
	@echo "make test       every test, on SQLite and PostgreSQL, in a real browser"
	@echo "make test-fast  the same without the browser"
	@echo "make check      format, lint, types, templates, migrations, deployment checks"
	@echo "make bench      what a page costs, side by side with a bare function and nginx"
	@echo "make format     let ruff format the code"
	@echo "make lock       compile requirements*.in into requirements*.txt"

run: python
	@exec $(PYTHON) -m clinic_site.bootstrap run

test: packages
	@exec $(VENV_PYTHON) -m tests.run

test-fast: packages
	@exec $(VENV_PYTHON) -m tests.run --without-browser

check: packages
	@exec $(VENV_PYTHON) -m tests.check

bench: packages
	@exec $(VENV_PYTHON) -m bench.run

format: packages
	@$(VENV_PYTHON) -m ruff check --fix --quiet .
	@$(VENV_PYTHON) -m ruff format .

# The names of package indexes stay out of the files, and so does whatever this machine has of its own.
lock: packages
	@for name in requirements requirements-dev; do \
	    $(VENV_PYTHON) -m uv pip compile --quiet --upgrade --no-config --universal \
	        --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	        --custom-compile-command "make lock" $$name.in --output-file $$name.txt || exit 1; \
	done

packages: python
	@$(PYTHON) -m clinic_site.bootstrap dev

python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    || { echo "clinic: python3 3.11 or newer with venv is needed: apt install python3 python3-venv" >&2; exit 1; }

# Each target sets up what it needs from nothing: a virtual environment and the versions pinned in constraints.txt.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPLICE := src/genomimic/data/splice_junctions.fa.gz
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test check format clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.installed ## Learn splice junctions with the model that suits them, the VAE and the GAN; generate and judge
	$(BIN)/genomimic mimic $(SPLICE) -o demo/auto --overwrite
	$(BIN)/genomimic mimic $(SPLICE) -o demo/vae --model vae --overwrite
	$(BIN)/genomimic mimic $(SPLICE) -o demo/gan --model gan --overwrite

test: $(VENV)/.installed-dev ## Run every test
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/.installed-dev ## Formatter, linter, type checker and the layer contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove what the other targets made
	rm -rf $(VENV) demo .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("genomimic needs Python 3.11 or later; try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed

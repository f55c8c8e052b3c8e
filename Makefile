# Everything a fresh machine needs is done by `make report` and `make test`.
# They create .venv, install what pyproject.toml asks for at the versions of constraints.txt, and run.

.DEFAULT_GOAL := help
.PHONY: help report test bench notebooks preview clean

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/ready

# An environment knows where it was made: in a folder that was moved, it is made again. The shell
# asks for the folder's name itself, since make would run a name such as `x$(touch y)` as a command.
$(shell if [ -f $(READY) ] && [ "$$(cat $(READY))" != "$$(pwd -P)" ]; then rm -rf $(VENV); \
  echo "This folder was moved or copied, so its $(VENV) is made anew." >&2; fi)

help:
	@echo "make report     the submission: _output/report/submission.pdf"
	@echo "make test       lint, walls between the modules, and all tests"
	@echo "make bench      side-by-side measurements: _output/benchmarks.json"
	@echo "make notebooks  one notebook a problem: notebooks/"
	@echo "make preview    render again whenever a file is saved"
	@echo "make clean      take away everything a build made, stored results too"

report: $(READY)
	@$(PYTHON) -m hw4 render --install-quarto

test: $(READY)
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check . || \
	  { echo "Put right what is listed above; $(PYTHON) -m ruff check --fix . and $(PYTHON) -m ruff format . do most of it."; exit 1; }
	@$(PYTHON) -m pytest -rs

bench: $(READY)
	@$(PYTHON) -m benchmarks

notebooks: $(READY)
	@$(PYTHON) -m hw4 notebooks

preview: $(READY)
	@$(PYTHON) -m hw4 preview || [ $$? -eq 130 ] # Ctrl-C is how it ends

clean:
	rm -rf _output _store notebooks .quarto report/.quarto figures/*.svg figures/*.png
	rm -rf report/submission.pdf report/_*.pdf report/*.html report/*.docx report/*.typ report/*_files

# The first of these that is new enough makes the environment.
$(READY): pyproject.toml constraints.txt
	@for python in python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    found=$$python; break; fi; done; \
	if [ -z "$$found" ]; then \
	  echo "No Python 3.11 or newer on PATH (python3 is $$(python3 --version 2>&1)): install one and run make again."; \
	  exit 1; fi; \
	echo "Setting up $(VENV) with $$($$found --version) (once, some minutes)"; \
	test -x $(PYTHON) || $$found -m venv $(VENV)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check "uv==$$(sed -n 's/^uv==//p' constraints.txt)"
	@$(PYTHON) -m uv pip install --quiet --compile-bytecode --python $(PYTHON) --constraint constraints.txt --editable ".[test,offline,cluster]"
	@# Quarto finds this environment from any folder; its kernel does not warn of its own protocol.
	@mkdir -p $(VENV)/etc/ipython && echo "get_config().IPKernelApp.log_level = 40" > $(VENV)/etc/ipython/ipython_kernel_config.py
	@echo "QUARTO_PYTHON=$$(pwd -P)/$(PYTHON)" > _environment.local
	@pwd -P > $@

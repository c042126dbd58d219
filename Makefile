# Two commands: `make book` builds the website, `make test` runs every test and every notebook.
# Both set up everything they need in .venv first. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUPPORTED := $(shell sed -n 's/^requires-python = ">=3\.\([0-9]*\),<3\.\([0-9]*\)"/\1 \2/p' pyproject.toml)
OPTIONAL := pesq pystoi noisereduce
CHAPTERS := $(shell find book -name '*.ipynb' -not -path '*/.*' | sort)
# The networks are small: threads would wait for each other. So tests work side by side, each in one.
WORKERS ?= 2
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS)
# A chapter is one file and one kernel: one process runs all of its cells.
NBVAL := $(PYTEST) --dist loadfile --durations 15 -o addopts= -p no:warnings -q --nbval --nbval-sanitize-with tests/nbval_sanitize.cfg
ALONE := env -u AUDIOLESSONS_DATA AUDIOLESSONS_CACHE=$(CURDIR)/_build/no_cache AUDIOLESSONS_OFFLINE=1
export PYTHONWARNINGS ?=
# Hundreds of processes import the same libraries: each compiles them anew where this is set.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup book site runtime test test-package test-notebooks test-student test-embedded lab serve sounds student run bench \
	lint lock test-oldest test-newest release clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/ready ## create .venv with everything in it

$(VENV)/ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; low, high = map(int, sys.argv[1:]); sys.exit(0 if (3, low) <= v < (3, high) else "Python %d.%d is not supported: use 3.%d to 3.%d, for example make PYTHON=python3.%d" % (v + (low, high - 1, high - 2)))' $(SUPPORTED)
	@if command -v uv >/dev/null; then \
	  install="env VIRTUAL_ENV=$(VENV) uv pip install --quiet -c requirements.lock"; \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV); \
	else \
	  install="$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock"; \
	  $(PYTHON) -m venv $(VENV); \
	fi && $$install -e '.[lab,book,test]' && \
	for package in $(OPTIONAL); do \
	  $$install $$package >/dev/null 2>&1 || \
	    echo "$$package could not be installed: the book works without it (see: $(BIN)/python -m audiolessons doctor)"; \
	done
	touch $@

book: site ## set up everything and build the website into _build/html
	@echo "The book stands in _build/html: open _build/html/index.html, or run make serve."

site: setup runtime
	rm -rf _build/dist && $(BIN)/python -m build --wheel --no-isolation --outdir _build/dist . >/dev/null
	$(BIN)/jupyter-book build . -W -n --keep-going --quiet

# What runs networks on a page of the site, from npm. The site is built without it, too.
RUNTIME := book/_ext/lessons/runtime
runtime: ## fetch what lets pages run networks in the reader's browser (needs npm)
	@[ $(RUNTIME)/node_modules/.package-lock.json -nt $(RUNTIME)/package-lock.json ] || \
	  npm ci --no-fund --no-audit --ignore-scripts --fetch-retries=0 --loglevel=error --prefix $(RUNTIME) 2>/dev/null || \
	  echo "Pages will not run networks: that needs npm, and the network once. All else is built."

# The chapters come first: where the recordings are, they write the sounds that the site carries.
# It is built on one core, and so beside something else.
test: test-notebooks ## set up everything and run all tests and all notebooks
	$(MAKE) -j 2 test-student site
	$(MAKE) test-package

test-package: setup
	$(PYTEST) --dist worksteal --durations 15 $(MARKED)

test-notebooks: setup
	$(NBVAL) $(CHAPTERS)

# As readers get them: without solutions, in a folder of their own, on the embedded set.
test-student: setup
	rm -rf _build/student && $(BIN)/python -m audiolessons student $(CHAPTERS) -o _build/student >/dev/null
	$(ALONE) $(NBVAL) _build/student

# What opens a data set must do without the recordings, too (test-student runs the chapters that way).
test-embedded: ## run what opens a data set once more, with nothing but the embedded set
	$(ALONE) $(MAKE) -j 2 site test-package MARKED='-m data --ignore=tests/site'
	$(ALONE) $(MAKE) test-package MARKED='-m data tests/site'

lab: setup ## open the chapters in JupyterLab
	$(BIN)/jupyter-lab book

serve: site ## build the website and serve it on this machine
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

sounds: setup ## write the sounds made from recordings, so that the website carries them
	$(BIN)/python -m audiolessons sounds $(CHAPTERS)

student: setup ## write the student edition of every chapter into _build/student
	$(BIN)/python -m audiolessons student $(CHAPTERS) -o _build/student

run: setup ## run chapters again and store their outputs: make run CHAPTERS=book/sound/stft.ipynb
	OMP_NUM_THREADS=1 $(BIN)/python -m audiolessons notebook run $(CHAPTERS)

bench: site ## measure what the store lacks, and the speeds, sizes and budgets of this machine
	$(BIN)/python -m audiolessons bench
	$(BIN)/python tools/bench_site.py

lint: setup ## check style, formatting, types and the workflow of public CI
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

lock: ## pin what pyproject.toml newly asks for; UPGRADE=--upgrade pins the newest of everything (needs uv)
	uv pip compile --quiet --universal --all-extras --no-annotate --custom-compile-command "make lock" $(UPGRADE) pyproject.toml -o requirements.lock

test-oldest: RESOLUTION := lowest-direct ## run the package's tests on the oldest versions in range (needs uv)
test-newest: RESOLUTION := highest ## run the package's tests on the newest versions in range (needs uv)
test-oldest test-newest:
	uv venv --quiet --clear --python $(PYTHON) _build/$@
	VIRTUAL_ENV=_build/$@ uv pip install --quiet --resolution $(RESOLUTION) -e '.[lab,test]'
	OMP_NUM_THREADS=1 _build/$@/bin/python -m pytest -n $(WORKERS) $(foreach part,book recipes site,--ignore=tests/$(part)) --ignore=tests/test_wheel.py

release: setup ## build and try what is tagged: wheel and sdist in _build/release
	$(BIN)/python tools/release.py

clean: ## remove what was built (not .venv)
	rm -rf _build

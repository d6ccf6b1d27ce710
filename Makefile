# Everything here is of this folder and of ~/.cache/tailrace; nothing is installed system-wide.
# A stamp stands for a step that is done: a second run starts in seconds.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
KERNEL_SOURCES := $(shell find crates -name '*.rs' -not -path '*/target/*' 2>/dev/null) \
	$(wildcard Cargo.toml Cargo.lock rust-toolchain.toml crates/*/Cargo.toml)
# Test processes beside each other: each may start a MySQL, so two.
JOBS ?= 2

.PHONY: help demo test lint bench site clean setup

help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{ printf "  make %-8s %s\n", $$1, $$2 }'

setup: $(STAMPS)/kernel $(STAMPS)/mysql ## Virtual environment, kernel (release build), MySQL in the cache

demo: setup ## A lab, a workload, its capture with a kill in the middle, and the proof: under a minute
	$(BIN)/tailrace demo

test: setup $(STAMPS)/kafka $(STAMPS)/prometheus $(STAMPS)/chromium $(STAMPS)/site ## All tests: Python against a real MySQL and Kafka, then Rust
	# Of thousands of tests on real servers one may meet a moment that it did not await. It is run again, with the same
	# seed, and the run ends with what failed the first time (tests/conftest.py): that is a defect, too.
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --reruns 1 --durations=40 --durations-min=20
	cargo test --workspace --exclude tailrace-python --quiet

lint: $(STAMPS)/kernel ## Style, types, layers, for both languages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	# The buffer protocol has no Python-visible method before 3.12.
	$(BIN)/python -m mypy.stubtest tailrace._kernel --allowlist <(echo tailrace._kernel.Batch.__buffer__) --ignore-unused-allowlist
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings

bench: setup ## Throughput, latency and memory beside their peers; writes bench/results/
	$(BIN)/tailrace bench

site: $(STAMPS)/kernel $(STAMPS)/site ## Docs and course as pages in site/, in Russian and in English
	$(BIN)/python tools/site/build.py

clean: ## Removes what the other targets made in this folder (the cache of MySQL and Kafka stays)
	rm -rf $(VENV) target dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -f src/tailrace/_kernel*.so

$(STAMPS)/venv: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/kernel: $(STAMPS)/venv $(KERNEL_SOURCES) pyproject.toml
	@command -v cargo >/dev/null || { echo "A Rust toolchain is needed (cargo is not on PATH): https://rustup.rs" >&2; exit 1; }
	PATH="$(abspath $(BIN)):$$PATH" MATURIN_PEP517_ARGS="--locked" \
		$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/mysql: $(wildcard src/tailrace/lab/debian.py src/tailrace/lab/template.py) | $(STAMPS)/kernel
	$(BIN)/python -m tailrace.lab
	@touch $@

$(STAMPS)/kafka: $(wildcard src/tailrace/lab/jars/*) | $(STAMPS)/kernel
	$(BIN)/python -m tailrace.lab kafka || echo "The tests with Kafka are left out." >&2
	@touch $@

$(STAMPS)/prometheus: src/tailrace/lab/monitoring.py | $(STAMPS)/kernel
	$(BIN)/python -m tailrace.lab prometheus || echo "The tests with Prometheus are left out." >&2
	@touch $@

$(STAMPS)/chromium: src/tailrace/lab/browser.py | $(STAMPS)/kernel
	$(BIN)/python -m tailrace.lab chromium || echo "The tests of the console are left out." >&2
	@touch $@

# Sphinx has an environment of its own: pyproject.toml says why.
$(STAMPS)/site: tools/site/requirements.lock tools/site/mermaid.py | $(STAMPS)/kernel
	$(PYTHON) -m venv $(VENV)/site
	$(VENV)/site/bin/python -m pip install --quiet --require-hashes -r tools/site/requirements.lock
	$(BIN)/python tools/site/mermaid.py || echo "The tests of the site will fail." >&2
	@touch $@

# Few targets, each with its line of help: make help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := $(or $(SQUALL_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/squall)
BEGAN := $(shell date +%s)
# Where it is set, each process would compile all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(CACHE)/bin:$(PATH)

# Half of what a test takes it waits: for processes that start, for a probe's turn, for a lease to run out.
WORKERS = $(shell echo $$(( 2 * $$(nproc) )))

.PHONY: help setup demo lint test kind kind-down compose alertmanager actionlint test-kind test-both prove prove-faults prove-undo bench placebo honesty truth fuzz

help: ## show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# What is installed is compiled by whoever imports it first: most of it never is.
INSTALL = $(BIN)/python -m pip install -q --disable-pip-version-check --no-compile

# $(VENV)/ready has all that is locked; $(VENV)/demo not what harms clusters or tests squall, which the demo does not need.
$(VENV)/ready: requirements.lock pyproject.toml
$(VENV)/demo: requirements-demo.lock pyproject.toml
$(VENV)/ready $(VENV)/demo:
	$(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --require-hashes -r $<
	$(INSTALL) --no-deps --no-build-isolation -e .
	touch $@

setup: $(VENV)/ready ## make the virtual environment (.venv) from the lock

demo: $(if $(wildcard $(VENV)/ready),$(VENV)/ready,$(VENV)/demo) ## three short scenarios on this machine, without Docker: HELD, BROKEN, INCONCLUSIVE
	@SQUALL_INSTALLED_IN=$$(($$(date +%s) - $(BEGAN))) python features/demo/tell.py

lint: setup ## style, types, layers
	ruff check .
	ruff format --check .
	mypy
	lint-imports

test: setup ## the tests that need no Docker
	python -m pytest -m "not kind and not needs_docker and not proof" -n $(WORKERS) --dist worksteal tests

kind: setup ## bring up the kind cluster "squall" and load the images
	python -m cluster up
	python -m cluster images

kind-down: ## take the cluster down
	$(PYTHON) -m cluster down

compose: setup ## Docker Compose, for the platform compose; built if there is none
	python -m cluster compose

test-kind: kind ## the gate on the kind cluster: promises held, twins broken, causes right
	python -m pytest -m "(kind or needs_docker) and not proof" -p no:xdist tests

actionlint: setup ## the linter of the workflows; built if there is none (then: make test has them linted)
	python -m cluster actionlint

alertmanager: setup ## an Alertmanager, in which tests have alerts silenced; built if there is none
	python -m cluster alertmanager

prove-faults: kind compose alertmanager ## every fault on the real cluster and on Docker: bites with proof, undone with proof
	python -m pytest -m proof -p no:xdist tests

test-both: kind ## the scenarios of Q that both platforms can run, on local and on kind, in a table
	python -m tests.both --context kind-squall

prove: kind compose ## every promise and its twins, on the platform that it is about; what was run at this commit is not run again
	squall power features/quantum_rerank features/pneumonia_detector --platform kind --context kind-squall
	squall power features/chest_xray --platform compose

prove-undo: kind ## the harness killed at every journalled step of every fault: nothing of ours is left
	python -m tests.crash

FOR ?= 10m
fuzz: setup ## any bytes to whatever reads what others may have written, for so long: make fuzz FOR=1h
	$(INSTALL) --no-deps atheris==3.0.0
	nice python -m tests.fuzz --for $(FOR)

honesty: setup ## known truths sampled 300 times each: how often the stated ranges hold them (minutes)
	python -m tests.honesty

truth: setup ## 300 outages of a server scripted to the millisecond, through real load and prober (20 minutes)
	python -m tests.honesty.truth --outages 300

placebo: kind ## runs in which nothing is harmed, beside a neighbour that burns half of the processors: no BROKEN
	python -m benchmarks.placebo 60 kind

bench: kind ## benchmarks, printed with how they were measured
	for each in judge plugin_startup prober_lateness open_loop_load load harness_overhead harm_onset agent_cost; do python -m benchmarks.$$each; done

# Every target installs what it needs first. `make help` lists them.

.DEFAULT_GOAL := help
.PHONY: help setup build test test-release test-sanitize fuzz demo bench check format clean

# Compiled files are found again from another checkout.
export CCACHE_SLOPPINESS := pch_defines,time_macros
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
JOBS ?= $(shell nproc)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what building and running needs
	@tools/setup build

build: setup ## build/release/sluice, and the shop of the demonstration
	@cmake --preset release -Wno-dev >/dev/null
	@cmake --build --preset release -j $(JOBS) --target sluice shop demo_load

test: test-sanitize test-release ## build both trees, run all tests

test-sanitize: ## all that runs in one process under address and undefined sanitizers, and each fuzzer for a while
	@tools/setup test
	@cmake --preset sanitize -Wno-dev >/dev/null
	@cmake --build --preset sanitize -j $(JOBS)
	@ctest --preset sanitize -j $(JOBS)

# Who tests a whole cluster mostly waits: one more than there are cores runs at a time.
test-release: ## all tests, end to end too, on the release build
	@tools/setup test
	@tools/old-kubectl build/tools
	@tools/envoy build/tools
	@cmake --preset release -Wno-dev >/dev/null
	@cmake --build --preset release -j $(JOBS) --target all bench
	@ctest --preset release -j $$(($(JOBS) + 1))

sim: SEEDS ?= 1000
sim: FIRST_SEED ?= 1
sim: ## simulate SEEDS lives (1000) from FIRST_SEED (1) on, on all cores; each failure with its seed
	@tools/setup test
	@cmake --preset release -Wno-dev >/dev/null
	@cmake --build --preset release -j $(JOBS) --target sim_test
	@tools/simulate build/release/tests/sim_test $(SEEDS) $(FIRST_SEED) $(JOBS)

mutate: SEEDS ?= 2000
mutate: ## plant the faults of tools/mutants one at a time: which test notices them? Hours
	@tools/setup test
	@cmake --preset release -Wno-dev >/dev/null
	@tools/mutate --seeds $(SEEDS)

fuzz: export FUZZ_SEED ?= 0
fuzz: ## run each fuzzer for FUZZ_SECONDS (20); what it finds is kept in build/sanitize/fuzz
	@tools/setup test
	@cmake --preset sanitize -Wno-dev >/dev/null
	@cmake --build --preset fuzz -j $(JOBS)
	@ctest --preset fuzz -j $(JOBS)

demo: build ## the demonstration: four releases on real traffic, about 4 minutes
	@examples/shop/demo

bench: setup ## run the benchmarks
	@cmake --preset release -Wno-dev >/dev/null
	@cmake --build --preset release -j $(JOBS) --target bench
	@for program in build/release/bench/*_bench; do echo "== $$(basename $$program)"; $$program || exit 1; done

check: ## format, order of the rooms, clang-tidy
	@tools/setup check
	@tools/format --check
	@tools/layers.py
	@cmake --preset debug -Wno-dev >/dev/null
	@tools/tidy

format: ## format the C++ files
	@tools/setup check
	@tools/format

clean: ## remove the build trees
	@rm -rf build

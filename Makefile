# A thin wrapper: each target is a line or two of meson, or a script that says at its top what it does.
# Everything works on a fresh Debian 12; set-up installs what is missing and is a no-op after that.

BUILD ?= build
TIME  ?= 30
PORT  ?= 5683
COAPS_PORT ?=
STORE ?= memory

# Of make bench.
ROUNDS  = 5
SECONDS = 3
ONLY    =

# "no" on systems other than Debian, where you install the libraries yourself.
SETUP ?= yes
setup  = $(if $(filter no,$(SETUP)),@true,@deploy/setup.sh)

release = @[ -f build-release/build.ninja ] || meson setup build-release --buildtype=release -Db_lto=true

.DEFAULT_GOAL := help
.PHONY: help setup build release run test lint format fuzz bench docs sanitize clean

help: ## print this
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r target text; do \
	    printf '  make %-9s %s\n' "$$target" "$$text"; done

setup: ## install the Debian packages that building, running, tests and lint need, where missing
	$(setup) build run test lint fuzz

build: ## build build/gateway/simgate, build/storage/simgatectl, build/loadtest/simgate-load (BUILD=build)
	$(setup) build
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD)
	@ninja -C $(BUILD)

release: ## build build-release/…, the same programs for production: optimized, across files too
	$(setup) build
	$(release)
	@ninja -C build-release gateway/simgate storage/simgatectl loadtest/simgate-load

run: ## build, and run a gateway with a broker of its own; shows what devices send (PORT=5683, COAPS_PORT=5684, STORE=memory or redis)
	$(setup) build run
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD)
	@ninja -C $(BUILD) gateway/simgate storage/simgatectl
	@PORT=$(PORT) COAPS_PORT=$(COAPS_PORT) STORE=$(STORE) deploy/run.sh $(BUILD)

test: ## build, and run every test: unit, protocol, stress, integration, lint
	$(setup) build test
	@tests/run.sh $(BUILD)

lint: ## check layering, conventions, format and clang-tidy
	$(setup) build test lint
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD)
	@ninja -C $(BUILD)
	@tests/lint/run.sh $(BUILD)

format: ## let clang-format lay out the C files
	$(setup) lint
	@find base gateway workers storage publisher loadtest tests -name '*.[ch]' | xargs clang-format -i

fuzz: ## feed each parser mutated input for a while (TIME=30 seconds each)
	$(setup) build test fuzz
	@tests/fuzz/run.sh $(TIME)

bench: ## measure, and write docs/benchmarks.md: 20 minutes (for a look: ROUNDS=1 SECONDS=1 ONLY=plain,dtls)
	$(setup) build test
	$(release)
	@ninja -C build-release bench-programs
	@tests/bench/bench.py --build build-release --rounds $(ROUNDS) --seconds $(SECONDS) --only '$(ONLY)'

docs: build ## write docs/configuration.md from the table of options
	@mkdir -p docs
	@$(BUILD)/gateway/simgate --print-config=markdown > $(BUILD)/configuration.md
	@mv $(BUILD)/configuration.md docs/configuration.md

sanitize: ## run the tests under AddressSanitizer and UBSan, those with threads under ThreadSanitizer
	$(setup) build test
	@tests/run.sh build-asan
	@tests/run.sh build-tsan

clean: ## remove all build directories
	@rm -rf $(BUILD) build build-asan build-tsan build-fuzz build-release build-ci build-ci-* .run

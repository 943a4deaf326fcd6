# Every target installs what it needs (scripts/bootstrap) and says what it does: make help.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Options for the demo: make demo ARGS="--help"
ARGS ?=

.PHONY: help
help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Runs the whole system on this machine: embedded broker, simulated providers, sample events
	@scripts/bootstrap build
	swift build -c release --product belfry
	.build/release/belfry demo $(ARGS)

# Test targets that talk over sockets.
SOCKETS := KafkaTests HTTP2Tests CurlHTTPTests ProviderSimulatorTests YardstickTests
SPACE := $(subst ,, )

.PHONY: test
test: ## Builds and runs all tests
	@scripts/bootstrap build test
	swift build --build-tests
	@# All tests are Swift Testing, which runs them in parallel by itself. What talks over sockets, and what runs whole processes, has
	@# deadlines of its own and comes after the rest, one target after another. The summary of the last run is the last line.
	scripts/run-tests --skip '^($(subst $(SPACE),|,$(SOCKETS)))' --skip SystemTests
	@set -e; for target in $(SOCKETS); do \
	    echo "swift test --filter $$target"; \
	    scripts/run-tests --skip-build --filter "^$$target"; \
	done
	scripts/run-tests --skip-build --filter SystemTests

.PHONY: build
build: ## Builds everything for debugging
	@scripts/bootstrap build
	swift build

.PHONY: release
release: ## Builds .build/release/belfry, optimised
	@scripts/bootstrap build
	swift build -c release --product belfry

.PHONY: lint
lint: ## Checks the style of code, scripts, YAML and container files
	@scripts/bootstrap lint
	@scripts/lint

.PHONY: format
format: ## Formats the Swift code in place
	swift format --in-place --parallel --recursive Package.swift Sources Tests

.PHONY: generate
generate: ## Generates Swift from schemas/proto/belfry.proto
	@scripts/bootstrap build generate
	scripts/generate

.PHONY: clean
clean: ## Removes everything that was built
	rm -rf .build .demo

# One door for all checks: make check. Each step can be run alone; make help lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

STEPS    ?= format modules generated vet arch lint test browser kill
PKG      ?= ./...
GOTEST   ?= go test -race -shuffle=on -timeout 20m
FUZZTIME ?= 10s
ROUNDS   ?= 3
LOGS     := .cache/check

.PHONY: help
help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 12

.PHONY: check
check: ## Everything that CI asks; goes on after a failure and tells all at the end
	@rm -rf $(LOGS); mkdir -p $(LOGS); failed=; \
	for step in $(STEPS); do \
	  printf '\n=== %s\n' $$step; began=$$SECONDS; verdict=ok; \
	  $(MAKE) $$step 2>&1 | tee $(LOGS)/$$step || { verdict=FAILED; failed="$$failed $$step"; }; \
	  printf '%-10s %-6s %4d s\n' $$step $$verdict $$((SECONDS - began)) | tee -a $(LOGS)/summary; \
	done; \
	printf '\n=== closing\n'; cat $(LOGS)/summary; \
	cat $(LOGS)/{test,browser} 2>/dev/null | grep -E '^(ok|FAIL|panic:|--- FAIL)' | grep -v 'no tests to run' || true; \
	[ -z "$$failed" ] || { printf 'check: FAILED:%s\n' "$$failed"; exit 1; }

.PHONY: format
format: ## Are all files formatted? (gofumpt, goimports); make fix does it
	@d=$$(scripts/tool golangci-lint fmt --diff) || true; [ -z "$$d" ] || { printf '%s\n' "$$d"; exit 1; }

.PHONY: fix
fix: ## Format, and mend what linters can mend
	scripts/tool golangci-lint fmt
	scripts/tool golangci-lint run --fix $(PKG)

.PHONY: modules
modules: ## Are go.mod and go.sum tidy, and the modules what they were?
	go mod tidy -diff
	go mod verify

.PHONY: generate
generate: ## Make the generated files (pages, OpenAPI, schema)
	go tool templ generate
	go generate ./...

.PHONY: generated
generated: ## Is what is generated what is there?
	@scripts/unchanged $(MAKE) generate

.PHONY: vet
vet: ## go vet
	go vet $(PKG)

.PHONY: arch
arch: ## The laws of the house
	go test ./internal/archtest

.PHONY: lint
lint: ## golangci-lint, built once from tools/go.mod
	scripts/tool golangci-lint config verify
	scripts/tool golangci-lint run $(PKG)

.PHONY: test
test: ## All tests but those in a browser, with the race detector, in any order, on both databases
	scripts/with-postgres $(GOTEST) -skip '^TestBrowser' $(PKG)

.PHONY: browser
browser: ## The tests in Chromium (TestBrowser…)
	@found=$$({ grep -rlE '^func TestBrowser' --include='*_test.go' cmd internal bench 2>/dev/null || true; } | xargs -r -n1 dirname | sort -u | sed 's,^,./,'); \
	if [ -z "$$found" ]; then echo 'browser: THERE IS NO BROWSER TEST YET'; exit 0; fi; \
	scripts/with-postgres $(GOTEST) -run '^TestBrowser' $$found

.PHONY: kill
kill: ## Kill the program at random moments and look for what is lost or doubled (ROUNDS=3)
	@if [ ! -d bench/kill ]; then echo 'kill: THERE IS NO bench/kill YET'; exit 0; fi; \
	scripts/with-postgres go run ./bench/kill -rounds $(ROUNDS)

.PHONY: fuzz
fuzz: ## Each fuzz test for a short while (FUZZTIME=10s, PKG=./internal/channel/...)
	@scripts/fuzz $(FUZZTIME) $(PKG)

.PHONY: demo
demo: ## A small desk with customers of its own
	go run ./cmd/answerable demo

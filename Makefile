# SPDX-License-Identifier: Apache-2.0
#
#   make build    bin/superd and bin/inet-shim, static
#   make demo     shows superd's main job; no root needed
#   make test     everything; ends with the list of what was not run and why
#   make check    the quick part of it: format, vet, staticcheck
#   make bench    superd beside its peers (QUICK=1: under five minutes)
#   make test-upstream  the originals' own tests, with superd in their place; needs root
#   make fuzz     every fuzzer for FUZZTIME (20s)
#   make peers    fetch the tests' peers into your cache folder
#   make clean    remove what was built here
#
# The tests are in tools/test/run, so that each step has a name and a time.

GO       ?= go
FUZZTIME ?= 20s
SOURCES  := $(shell find . -name '*.go' -o -name '*.s' | grep -v /testdata/) go.mod go.sum

.PHONY: build demo test test-upstream check bench fuzz peers clean

build: bin/superd bin/inet-shim

bin/%: $(SOURCES)
	CGO_ENABLED=0 $(GO) build -trimpath -o $@ ./cmd/$*

demo: build
	tools/demo

test:
	GO="$(GO)" tools/test/run

test-upstream:
	tools/test/upstream

check:
	GO="$(GO)" tools/test/run format vet staticcheck

bench:
	bench/run $(if $(QUICK),QUICK=$(QUICK)) $(if $(PART),PART=$(PART)) $(if $(PEERS),PEERS=$(PEERS)) $(if $(ROUNDS),ROUNDS=$(ROUNDS))

fuzz:
	GO="$(GO)" FUZZTIME="$(FUZZTIME)" tools/test/fuzz

peers:
	tools/peers/fetch

clean:
	rm -rf bin bench/out

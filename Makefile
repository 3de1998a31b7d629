# Everything a newcomer needs: `make demo` and `make test`.

GO          ?= go
BIN         := bin/parallax
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
DATE        ?= $(shell git log -1 --format=%cs 2>/dev/null)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
NESTED      := fixtures/shop fixtures/faults fixtures/pages
BENCHES     := scripts/benchjson scripts/benchpeers/vegeta

export CGO_ENABLED ?= 0

.PHONY: build demo test race lint check builds supply nightly bench fuzz clean

build:
	$(GO) build -trimpath -ldflags '-s -w -X main.buildVersion=$(VERSION) -X main.buildDate=$(DATE)' -o $(BIN) ./cmd/parallax

demo: build
	$(BIN) demo -o demo-out

test: build
	$(GO) vet ./...
	$(GO) test -timeout 30m ./...
	# What they read outside of their modules the test cache does not see.
	for m in $(NESTED); do (cd $$m && $(GO) vet ./... && $(GO) test -count=1 ./...) || exit 1; done

# The race detector needs a C compiler.
race:
	scripts/race.sh

lint:
	scripts/lint.sh '$(STATICCHECK)' $(NESTED) $(BENCHES)

check: lint test race

# Every platform that a release has.
builds:
	scripts/builds.sh

# Modules, licences, known vulnerabilities, a build that can be repeated.
supply:
	scripts/supply.sh

# The random tests of faults at length.
nightly:
	scripts/nightly.sh

bench: build
	scripts/bench.sh

fuzz:
	scripts/fuzz.sh

clean:
	rm -rf bin demo-out release dist

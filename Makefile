# Each target does its own set-up on a machine with Python 3.13, Node 20 or newer, and make.
PORT ?= 7071
EXAMPLES ?= 2000
SECONDS ?= 600
export ORT_DISABLE_TELEMETRY := 1
ifdef MODEL
export SPEAKER_MODEL := $(MODEL)
endif
ifdef WHISPER
export SPEAKER_WHISPER := whisper-$(WHISPER)
endif
PYTHON := .venv/bin/python
TOOLS := $(PYTHON) -m tools
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
  --no-annotate --custom-compile-command 'make lock'
SETUP := .venv/.installed node_modules/.installed tests/clients/node_modules/.installed

.PHONY: browser demo enroll-many help history run quick test fuzz docs picture check bench bytecode accuracy phrases calibrate doctor upkeep forget models notices package snapshots lock setup clean

demo: models node_modules/.installed ## the whole flow on this machine; AUDIO=folder for your own recordings
	@$(TOOLS) demo $(AUDIO)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-13s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: models node_modules/.installed ## serve on PORT until Ctrl-C
	@$(TOOLS) run --port $(PORT)

quick: models ## the tests that need no host and no Azurite, in seconds
	@$(PYTHON) -m pytest --quick -rfE $(addprefix --ignore=tests/,clients durability e2e fuzz privacy) --numprocesses logical --dist loadscope $(ARGS)

test: models node_modules/.installed tests/clients/node_modules/.installed browser ## every test, end to end on the real worker, model and Azurite
	@$(PYTHON) -m pytest --numprocesses logical --dist loadscope --no-loadscope-reorder $(ARGS)

fuzz: models node_modules/.installed ## the fuzz tests with EXAMPLES new examples each
	@FUZZ_EXAMPLES=$(EXAMPLES) $(PYTHON) -m pytest --timeout 7200 tests/fuzz $(ARGS)

docs: .venv/.installed ## write the parts of the documentation that are made from the code
	@$(TOOLS) docs

picture: models node_modules/.installed ## draw the picture of the console in the README; needs Chromium
	@$(TOOLS) picture

check: .venv/.installed ## format, lint, types, and how the source is built
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@$(PYTHON) -m tests.structure

bench: models node_modules/.installed ## speed, memory, and peers in the same run; PARTS= of it, COMPARE=old.json for an earlier run
	@$(TOOLS) bench $(PARTS) $(if $(COMPARE),--compare "$(COMPARE)")

history: models node_modules/.installed ## speed of COMMITS= (default: the last), kept in docs/performance.md with a picture; two minutes each
	@$(TOOLS) history $(COMMITS)

soak: models node_modules/.installed ## four times more than the service can do for SECONDS: what it refuses, how fast, and what it still does
	@$(TOOLS) bench soak --seconds $(SECONDS)

enroll-many: .venv/.installed ## enroll the people of the table PEOPLE= with the service at URL=, whose key is SPEAKER_KEY; goes on where it was cut off
	@$(TOOLS) enroll "$(PEOPLE)" "$(URL)" $(ARGS)

accuracy: models ## error rates; FOLDER= or TRIALS= for your own data, COMPARE=sherpa for a peer, RATE= for your choice
	@$(TOOLS) accuracy $(if $(FOLDER),--folder "$(FOLDER)") $(if $(TRIALS),--trials "$(TRIALS)") \
	  $(if $(COMPARE),--compare $(COMPARE)) $(if $(RATE),--rate $(RATE)) $(ARGS)

turns: models ## who spoke when in AUDIO=, by name where PROFILES= has a folder of recordings for each person
	@$(TOOLS) turns "$(AUDIO)" $(if $(PROFILES),--profiles "$(PROFILES)") $(ARGS)

turns-report: models ## how right turns and names are, on conversations that are made of recordings; PEER=1 for a peer
	@$(TOOLS) der $(if $(PEER),--peer) $(ARGS)

phrases: models ## what is accepted as a passphrase and what is not, on recordings; MORE=1 for many more voices, LOCALES=1 WHISPER=base for other languages
	@$(TOOLS) phrases $(if $(MORE),--more) $(if $(LOCALES),--locales)

calibrate: models ## fit the scores to FOLDER= or TRIALS=, and write them into the bundle's manifest
	@$(TOOLS) calibrate $(or $(FOLDER),$(TRIALS)) $(ARGS)

doctor: .venv/.installed ## what is ok, wrong or unknown on this machine, or of a service at URL=, and what to do
	@$(TOOLS) doctor $(URL)

upkeep: models ## finish deletions, forget what was kept long enough, re-extract signatures of an older model: all at once
	@$(TOOLS) upkeep

forget: .venv/.installed ## delete every profile, or those of FAMILY=, after asking; YES=1 does not ask
	@$(TOOLS) forget $(if $(FAMILY),--family $(FAMILY),--all) $(if $(YES),--yes)

models: .venv/.installed ## build the model bundles that are not there yet; WHISPER=base for other languages
	@$(TOOLS) bundle

notices: .venv/.installed ## the licence notices and the bill of materials of what is deployed
	@$(TOOLS) notices

bytecode: .venv/.installed ## compile the modules that are deployed, where nothing could be written later
	@$(TOOLS) bytecode

package: models ## the deployable zip, out/package.zip
	@$(TOOLS) package

snapshots: .venv/.installed ## write what follows from the template: snapshots for review, azd's parameters, their table; needs the Bicep compiler
	@$(PYTHON) -m tests.infra.snapshots

lock: .venv/.installed ## write requirements*.txt from requirements*.in, all pinned and hashed; ARGS=--upgrade renews what is not pinned there
	@$(LOCK) requirements.in --output-file requirements.txt $(ARGS)
	@$(LOCK) requirements-dev.in --constraints requirements.txt --output-file requirements-dev.txt $(ARGS)

setup: $(SETUP) ## virtual environment and Azurite

.venv/.installed: requirements-dev.txt
	@command -v python3.13 >/dev/null || { echo "Python 3.13 is missing"; exit 1; }
	@echo "installing Python packages into .venv (a minute or so)"
	@python3.13 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.installed: package-lock.json
	@command -v node >/dev/null || { echo "Node 20 or newer is missing"; exit 1; }
	@node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' \
	  || { echo "Node 20 or newer is missing: this is $$(node --version)"; exit 1; }
	@echo "installing Azurite into node_modules (a minute or so)"
	@npm ci --silent
	@touch $@

tests/clients/node_modules/.installed: tests/clients/package-lock.json node_modules/.installed
	@npm ci --silent --ignore-scripts --prefix tests/clients
	@touch $@

browser: ## a Chromium for the tests of the console, from apt where that is possible
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	  && echo "installing Chromium from apt (a minute or so)" && apt-get update -qq >/dev/null \
	  && apt-get install -qq --yes --no-install-recommends chromium >/dev/null \
	  || echo "Chromium is missing: the tests of the console are skipped; apt-get install chromium, or Chrome, gives one"

clean: ## remove everything that the targets made
	rm -f THIRD_PARTY_NOTICES.txt sbom.cdx.json
	rm -rf .venv node_modules tests/clients/node_modules .cache .azurite out
	rm -f $(filter-out %/manifest.json %/misread.json %/LICENSE,$(wildcard models/*/*))

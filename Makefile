# Each target does its own set-up on a machine with Python 3.13, Node 20 or newer, and make.
PORT ?= 7071
PYTHON := .venv/bin/python
SETUP := .venv/.installed node_modules/.installed

.PHONY: demo run test check bench models setup clean

demo: models node_modules/.installed ## the whole flow on this machine; AUDIO=folder for your own recordings
	@$(PYTHON) -m tools.demo $(AUDIO)

run: models node_modules/.installed ## serve on PORT until Ctrl-C
	@$(PYTHON) -m devhost.stack --port $(PORT)

test: models node_modules/.installed ## every test, end to end on the real worker, model and Azurite
	@$(PYTHON) -m pytest $(ARGS)

check: .venv/.installed ## format, lint, types
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy

bench: models node_modules/.installed ## speed, memory, and a peer in the same run
	@$(PYTHON) -m tools.bench

models: .venv/.installed ## build the model bundles that are not there yet
	@$(PYTHON) -m tools.bundle

setup: $(SETUP) ## virtual environment and Azurite

.venv/.installed: requirements.txt requirements-dev.txt
	@command -v python3.13 >/dev/null || { echo "Python 3.13 is missing"; exit 1; }
	@python3.13 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

node_modules/.installed: package-lock.json
	@command -v node >/dev/null || { echo "Node 20 or newer is missing"; exit 1; }
	@node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' \
	  || { echo "Node 20 or newer is missing: this is $$(node --version)"; exit 1; }
	@npm ci --silent
	@touch $@

clean: ## remove everything that the targets made
	rm -rf .venv node_modules .cache .azurite out models/*/model.onnx

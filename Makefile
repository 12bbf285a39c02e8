# Everything starts here. `make run` needs Python 3.11 or later and make, nothing else.
BIN := .venv/bin
INSTALLED := .venv/.installed
ASSETS := static/vendor/.fetched
PIP := $(BIN)/pip --disable-pip-version-check install --quiet
LOCK := $(BIN)/pip-compile --quiet --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	--no-emit-options --strip-extras --allow-unsafe
.PHONY: help run test faults lint format assets chromium screenshots lock clean bench

help:
	@echo "make run      start the clinic with demo data at http://localhost:8000 (PORT=…), Ctrl-C stops it"
	@echo "make test     lint, then every test, against real servers and a real browser"
	@echo "make faults   the races and the state machine at full size: 64 threads, 50 rounds, 2,000 runs; hours"
	@echo "make bench    measure the clinic at 10,000 to 1,000,000 visits (SIZES=10000 for a short form)"
	@echo "make lint     ruff, mypy, djlint"
	@echo "make format   let ruff put the code in order"
	@echo "make assets   fetch the front-end files again"
	@echo "make screenshots  take the README's pictures from the clinic that runs"
	@echo "make lock     write requirements*.txt from requirements*.in"
	@echo "make clean    remove what make made; the clinic's data in var/ stay"

run: $(INSTALLED) $(ASSETS)
	@exec $(BIN)/python manage.py up

# A process that has nothing left takes over from the other: by whole files, the longest would decide.
test: $(INSTALLED) $(ASSETS) chromium lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

faults: $(INSTALLED) $(ASSETS)
	RACES=64x50 $(BIN)/python -m pytest -m faults --durations=0

# Not a test: it fills databases for half an hour and writes docs/performance.md. BENCH_FOLDER keeps them for the next.
bench: $(INSTALLED)
	$(BIN)/python -m tests.bench

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/djlint templates --lint --quiet

format: $(INSTALLED)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(INSTALLED): requirements.txt requirements-dev.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pistor needs Python 3.11 or later.")'
	@test -x $(BIN)/python || python3 -m venv .venv
	@echo "Installing the Python packages …"
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(ASSETS): package.json package-lock.json clinic/stack/assets.py | $(INSTALLED)
	@command -v npm >/dev/null || $(PIP) -r requirements-node.txt
	@echo "Fetching the front-end files …"
	@$(BIN)/python -m clinic.stack.assets
	@touch $@

assets:
	@rm -f $(ASSETS)
	@$(MAKE) --no-print-directory $(ASSETS)

# The browser tests drive Debian's Chromium. Root may install it; anybody else is told its name.
chromium:
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		apt-get update -q && apt-get install -y -q --no-install-recommends chromium; } || { \
		echo "The browser tests need Chromium. On Debian: apt-get install chromium"; exit 1; }

screenshots: $(INSTALLED) chromium
	$(BIN)/python docs/screenshots.py

lock: $(INSTALLED)
	$(PIP) pip-tools
	$(LOCK) -o requirements.txt requirements.in
	$(LOCK) -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf .venv node_modules static/vendor .mypy_cache .pytest_cache .ruff_cache .hypothesis test-results

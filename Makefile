# Each target does all its own set-up. The plain pip way is in the README.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint types docs bench reproduce clean

demo: $(STAMP)
	$(BIN)/napari-mfif demo -o out/demo

test: $(STAMP)
	@bash scripts/test.sh $(BIN)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMP)
	$(BIN)/mypy

docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bench: $(STAMP)
	$(BIN)/python -m benchmarks

reproduce: $(STAMP)
	$(BIN)/python -m benchmarks.reproduce

# torch first and for the processor only: the default build brings gigabytes of CUDA.
$(STAMP): pyproject.toml hatch_build.py scripts/install.sh
	@bash scripts/install.sh $(PYTHON) $(VENV)
	@touch $@

clean:
	rm -rf $(VENV) out dist build .pytest_cache .mypy_cache .ruff_cache

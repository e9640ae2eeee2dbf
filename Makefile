# Each target does all its own set-up. The plain pip way is in the README.

PYTHON ?= python3
# Another Python has an environment of its own: make test PYTHON=python3.13
VENV := .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-newest test-lowest test-cpus coverage lint types docs bench reproduce
.PHONY: clean fuzz mutate

demo: $(STAMP)
	$(BIN)/napari-mfif demo -o out/demo

test: $(STAMP)
	@bash scripts/test.sh $(BIN)

# The newest Python found, the newest releases of everything, no torch.
test-newest:
	@bash scripts/test_newest.sh $(PYTHON)

# The lowest releases that pyproject.toml allows, no torch.
test-lowest:
	rm -rf .venv-lowest
	TORCH=no RESOLUTION=lowest-direct bash scripts/install.sh $(PYTHON) .venv-lowest
	@ONLY_TESTS=yes bash scripts/test.sh .venv-lowest/bin

# What compares numbers, under the instruction sets of other processors.
test-cpus: $(STAMP)
	$(BIN)/python scripts/test_cpus.py

coverage: $(STAMP)
	@ONLY_TESTS=yes bash scripts/test.sh $(BIN) --cov --cov-report=term --cov-report=html

# Damaged and hostile files: all open, or are refused in words, in bounded time and memory.
fuzz: $(STAMP)
	$(BIN)/python tests/io/fuzzing.py --count 20000

# Small changes of the code of some modules, one at a time: tests must notice each.
mutate: $(STAMP)
	$(BIN)/python -m pip install -q "mutmut>=3.8"
	$(BIN)/python scripts/mutate.py

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
$(STAMP): pyproject.toml hatch_build.py napari.yaml scripts/install.sh
	@bash scripts/install.sh $(PYTHON) $(VENV)
	@touch $@

clean:
	rm -rf .venv .venv-* out dist build htmlcov .coverage .pytest_cache .mypy_cache .ruff_cache

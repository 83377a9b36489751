# make demo      trains on the built-in set without and with CutMix, and compares
# make test      runs the tests; `make test-all` the slow ones too
# make check     lints, checks formatting and types, and tests
# make test-minima   runs tests with the oldest versions that pyproject.toml allows, in .venv-minima
# make docs      builds the site in build/docs; `make figures` draws the figures of the docs again
# make notebooks REPOSITORY=https://github.com/NAME/REPO   writes the address of the repository into the notebooks, for Colab
# make mutants   ignores one setting of the config after another, and shows that a test notices each
# Everything happens in .venv, which is made on first use; PYTHON chooses the interpreter.

PYTHON ?= python3
BIN := .venv/bin
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: demo test test-all test-minima check docs figures notebooks mutants clean

.venv/%: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable ".[$*]"
	touch $@

# oneDNN also where TensorFlow leaves it off by default, on CPUs without AVX-512 VNNI
demo: export TF_ENABLE_ONEDNN_OPTS ?= 1
demo: .venv/train
	$(BIN)/cutmix-tf train configs/shapes_resnet20.py
	$(BIN)/cutmix-tf train configs/shapes_resnet20_cutmix.py
	$(BIN)/cutmix-tf compare runs/shapes_resnet20 runs/shapes_resnet20_cutmix --save runs/demo

# --dist loadfile keeps each file in one worker, so that its fixtures and compiled functions are made once
test: .venv/dev
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

test-all: .venv/dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(MAKE) test

# 3.10 to 3.12, for which the oldest versions were built
MINIMA := tests/test_targets.py tests/test_golden.py tests/losses tests/metrics tests/mixing tests/models \
	tests/training tests/runs tests/cli tests/inference

test-minima: .venv-minima/done
	.venv-minima/bin/python -m pytest -m "not slow" -W default $(MINIMA)

.venv-minima/done: pyproject.toml tests/minima.txt
	$(PYTHON) -m venv .venv-minima
	.venv-minima/bin/pip install --quiet --upgrade pip
	.venv-minima/bin/pip install --quiet --constraint tests/minima.txt --editable ".[train]" pytest hypothesis scikit-learn
	touch $@

docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Open build/docs/index.html"

figures: .venv/train
	test -f runs/shapes_resnet20/final.keras || $(BIN)/cutmix-tf train configs/shapes_resnet20.py
	$(BIN)/python docs/draw.py

notebooks:
	$(PYTHON) notebooks/set_repository.py "$(REPOSITORY)"

mutants: .venv/dev
	$(BIN)/python tests/mutants.py

clean:
	rm -rf .venv .venv-minima build dist *.egg-info

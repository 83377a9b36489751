# make demo   trains on the built-in set without and with CutMix, and compares
# make test   runs the tests; `make test-all` the slow ones too
# make check  lints, checks formatting and types, and tests
# Everything happens in .venv, which is made on first use; PYTHON chooses the interpreter.

PYTHON ?= python3
BIN := .venv/bin
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: demo test test-all check clean

.venv/%: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable ".[$*]"
	touch $@

demo: .venv/train
	$(BIN)/python train_keras.py configs/shapes_resnet20.py
	$(BIN)/python train_keras.py configs/shapes_resnet20_cutmix.py
	$(BIN)/python -m cutmix_tf.training.compare runs/shapes_resnet20 runs/shapes_resnet20_cutmix --save runs/demo

test: .venv/dev
	$(BIN)/python -m pytest -m "not slow" -n 2

test-all: .venv/dev
	$(BIN)/python -m pytest -n 2

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(MAKE) test

clean:
	rm -rf .venv build dist *.egg-info

"""What the README shows is true: its code runs, and it stays short."""

import re
from pathlib import Path

import pytest
from helpers.marks import slow_but

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.parametrize("model", slow_but(["wrn10_1"], ["wrn10_1", "resnet20"]))
def test_code_runs_as_shown(model):
    """For two steps, and with a model that compiles sooner in the fast tests."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    code = code.replace("epochs=3", "epochs=1, steps_per_epoch=2, validation_steps=2").replace("resnet20", model)
    names = {}
    exec(compile(code, "README", "exec"), names)
    assert names["model"].name == model
    assert {"loss", "val_loss", "val_accuracy"} <= names["model"].history.history.keys()


def test_it_stays_short():
    assert len(README.splitlines()) < 120

"""What the README shows is true: its code runs, and it stays short."""

import re
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_code_runs_as_shown():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {}
    exec(compile(code.replace("epochs=3", "epochs=1, steps_per_epoch=2, validation_steps=2"), "README", "exec"), names)
    assert {"loss", "val_loss", "val_accuracy"} <= names["model"].history.history.keys()


def test_it_stays_short():
    assert len(README.splitlines()) < 120

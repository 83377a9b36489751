"""What the README shows is true: its code runs, its links lead somewhere, it is short."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_code_runs_as_shown():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {}
    exec(compile(code.replace("epochs=3", "epochs=1, steps_per_epoch=2, validation_steps=2"), "README", "exec"), names)
    assert {"loss", "val_loss", "val_accuracy"} <= names["model"].history.history.keys()


def test_links_and_pictures_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_named_files_exist():
    for name in re.findall(r"`((?:configs|benchmarks|docs|results|tests|notebooks|cutmix_tf)/[\w/.]+)`", README):
        assert (ROOT / name).exists(), name


def test_it_stays_short():
    assert len(README.splitlines()) <= 150

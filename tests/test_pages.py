"""The pages on checking and deploying: their Python runs from top to bottom, next to a finished run."""

import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from cutmix_tf import CutMix, training

DOCS = Path(__file__).parents[1] / "docs"
OPTIONAL = ("onnxruntime", "ai_edge_litert")


def snippets_of(page):
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a finished run in runs/first, and two images."""
    folder = tmp_path_factory.mktemp("page")
    config = training.TrainConfig(
        dataset="shapes",
        train_split="train[:64]",
        test_split="test[:64]",
        model="resnet20",
        epochs=1,
        batch_size=32,
        mix=CutMix(),
        run_dir=str(folder / "runs" / "first"),
    )
    training.train(config)
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    (folder / "cat.png").write_bytes(tf.io.encode_png(image).numpy())
    (folder / "dog.jpg").write_bytes(tf.io.encode_jpeg(image[:30]).numpy())
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the converters
@pytest.mark.parametrize("number", range(len(snippets_of("deploy.md"))))
def test_deploying_works_as_shown(folder, monkeypatch, number):
    snippet = snippets_of("deploy.md")[number]
    for package in OPTIONAL:
        if package in snippet:
            pytest.importorskip(package)
    if "onnx" in snippet:
        pytest.importorskip("tf2onnx")
    monkeypatch.chdir(folder)
    exec(compile(snippet, "deploy.md", "exec"), {})


def test_the_doctor_prints_what_the_page_shows(capsys):
    (snippet,) = snippets_of("check.md")
    exec(compile(snippet, "check.md", "exec"), {})
    (shown,) = re.findall(r"```text\n(.*?)```", (DOCS / "check.md").read_text(), re.DOTALL)
    assert capsys.readouterr().out == shown

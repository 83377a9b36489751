"""Every notebook runs from top to bottom, and the committed ones were run and are clean."""

import importlib.util
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
SMALL = {"CUTMIX_EPOCHS": "1", "CUTMIX_EXAMPLES": "64"}  # what the notebooks read their sizes from
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|content|work|tmp|mnt|opt|usr|var)/|\b[A-Z]:\\")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=() if path.stem.startswith("01") else pytest.mark.slow) for path in NOTEBOOKS],
    ids=lambda path: path.stem,
)
def test_notebook_runs(path, tmp_path, monkeypatch):
    run(path, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs jax: pip install jax")
def test_the_tpu_notebook_runs_on_jax(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    run(ROOT / "notebooks" / "03_tpu.ipynb", tmp_path, monkeypatch)


def run(path, tmp_path, monkeypatch):
    """Runs it in a copy of the checkout, which the notebook has to find by itself."""
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    shutil.copytree(ROOT / "cutmix_tf", tmp_path / "cutmix_tf", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "notebooks"
    folder.mkdir()
    this_python = KernelSpecManager(kernel_dirs=[])  # knows no kernel but the running interpreter's
    client = NotebookClient(
        nbformat.read(path, as_version=4),
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=this_python),
        resources={"metadata": {"path": folder}},
        timeout=300,
    )
    client.execute(cleanup_kc=True)  # raises at the first error of a cell
    assert not list(folder.iterdir()), "a notebook leaves nothing behind"


@each_notebook
def test_notebook_was_run_in_order(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell.outputs for cell in cells if _shows_something(cell.source))


@each_notebook
def test_notebook_is_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    found = [text for text in _texts(notebook) if MACHINE_PATH.search(text)]
    assert not found
    assert path.stat().st_size < 1_500_000


def _shows_something(source: str) -> bool:
    """Whether a cell prints or draws, so that it must have outputs."""
    return "print(" in source or "draw_" in source


def _texts(notebook):
    """All that is written in a notebook: metadata, sources and outputs, without the pixels of pictures."""
    yield str(notebook.metadata)
    for cell in notebook.cells:
        yield cell.source
        yield str(cell.metadata)
        for output in cell.get("outputs", []):
            yield output.get("text", "")
            yield from (str(data) for kind, data in output.get("data", {}).items() if "image" not in kind)

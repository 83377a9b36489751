"""Every notebook runs from top to bottom, and the committed ones were run and are clean."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
SMALL = {
    "CUTMIX_EPOCHS": "1",
    "CUTMIX_EXAMPLES": "64",
    "CUTMIX_WEIGHTS": "",
}  # what the notebooks read their sizes from
PLACEHOLDER = "https://github.com/OWNER/cutmix_tf"
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|content|work|tmp|mnt|opt|usr|var)/|\b[A-Z]:\\")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.slow
@each_notebook
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


# ---- set-up ----


def set_up_of(path):
    """The first cell of code, which makes cutmix_tf importable wherever the notebook is opened."""
    return next(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")


@pytest.fixture
def set_up(monkeypatch):
    """Runs the set-up cell in a folder, with that address in its field; returns what pip was asked to install."""
    asked = []
    monkeypatch.setattr(subprocess, "run", lambda words, **options: asked.append(words[5]))
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec = importlib.util.find_spec

    def run(folder, *, installed=False, address=None):
        monkeypatch.chdir(folder)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: installed if name == "cutmix_tf" else spec(name))
        source = set_up_of(NOTEBOOKS[0]).replace("%matplotlib inline", "")
        exec(source.replace(PLACEHOLDER, address or PLACEHOLDER), {})
        return asked

    return run


def set_repository():
    """The script of `make notebooks`."""
    file = ROOT / "notebooks" / "set_repository.py"
    spec = importlib.util.spec_from_file_location("set_repository", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_all_notebooks_are_set_up_alike():
    assert len({set_up_of(path) for path in NOTEBOOKS}) == 1


def test_set_up_prefers_the_checkout_then_what_is_installed(set_up, tmp_path, capsys):
    (tmp_path / "cutmix_tf").mkdir()
    (tmp_path / "cutmix_tf" / "__init__.py").touch()
    (tmp_path / "notebooks").mkdir()
    assert not set_up(tmp_path / "notebooks", installed=True)
    assert sys.path[0] == str(tmp_path)
    assert "from this checkout" in capsys.readouterr().out
    (tmp_path / "cutmix_tf" / "__init__.py").unlink()
    assert not set_up(tmp_path / "notebooks", installed=True)
    assert "from the installed package" in capsys.readouterr().out


def test_set_up_installs_a_wheel_beside_the_notebook_or_the_repository(set_up, tmp_path):
    with pytest.raises(ValueError, match="Write the address of the repository into REPOSITORY"):
        set_up(tmp_path)
    assert set_up(tmp_path, address="https://github.com/me/mine") == ["git+https://github.com/me/mine"]
    (tmp_path / "cutmix_tf-0.2.0-py3-none-any.whl").touch()
    assert set_up(tmp_path)[1:] == [str(tmp_path / "cutmix_tf-0.2.0-py3-none-any.whl")]


@each_notebook
def test_the_address_goes_into_the_badge_and_the_cell(path):
    text = path.read_text()
    address = re.search(r'REPOSITORY = \\"([^"\\]+)\\"', text)[1]
    assert f"/github{address.removeprefix('https://github.com')}/blob/main/notebooks/{path.name}" in text
    new = set_repository().with_address(text, "https://github.com/me/mine")
    assert new == text.replace(address.removeprefix("https://github.com"), "/me/mine")
    assert nbformat.reads(new, as_version=4).cells[0].source.count("me/mine") == 1


@each_notebook
def test_notebook_was_run_in_order(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell.outputs for cell in cells if _shows_something(cell.source))


@each_notebook
def test_figures_are_kept_as_images(path):
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])]
    figures = [output.data for output in outputs if "<Figure" in output.get("data", {}).get("text/plain", "")]
    assert figures
    assert all("image/png" in data for data in figures)


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

"""The wheel and the source distribution: what they hold and say of themselves, and that the wheel works by itself."""

import email
import os
import re
import runpy
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import cutmix_tf as cm
from cutmix_tf import datasets, models
from cutmix_tf.cli import _configs, _display, _tyro
from cutmix_tf.runs import read_json

ROOT = Path(__file__).parents[1]
EXTRAS = {"train", "eval", "captions", "export", "jax", "torch", "docs", "dev", "parity", "bench"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the wheel and the source distribution of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (file,) = built.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def metadata(wheel):
    """The header of the wheel's METADATA."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def files_below(folder):
    return {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def test_the_wheel_holds_the_package_and_the_configs_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = {str(path.relative_to(ROOT)) for path in files_below(ROOT / "cutmix_tf")}
    configs = {f"cutmix_tf/{path.relative_to(ROOT)}" for path in files_below(ROOT / "configs")}
    assert held == package | configs
    assert {"cutmix_tf/py.typed", "cutmix_tf/configs/shapes_resnet20_cutmix.py"} <= held


def test_the_source_distribution_holds_what_is_under_version_control(built):
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    if not listed[0]:
        pytest.skip("this is no git checkout")
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert not {name for name in listed if name and (ROOT / name).exists() and not name.startswith(".ci/")} - held


def test_the_metadata_names_version_license_extras_and_the_command(wheel, metadata):
    assert metadata["Version"] == cm.__version__
    assert metadata["License-Expression"] == "MIT"
    assert set(metadata.get_all("Provides-Extra")) == EXTRAS
    assert "Typing :: Typed" in metadata.get_all("Classifier")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "cutmix-tf = cutmix_tf.cli:main" in archive.read(name).decode()


def test_the_oldest_versions_that_are_allowed_are_those_that_are_tested(metadata):
    required = [text for text in metadata.get_all("Requires-Dist") if "extra ==" not in text or "'train'" in text]
    allowed = dict(re.match(r"([\w-]+)[>=]=([\d.]+)", text).groups() for text in required)
    lines = (ROOT / "tests" / "minima.txt").read_text().splitlines()
    tested = dict(line.split()[0].split("==") for line in lines if line and not line.startswith("#"))
    assert allowed.keys() <= tested.keys()
    for name, version in allowed.items():
        assert f"{tested[name]}.".startswith(f"{version}."), name


def test_the_citation_is_of_this_version():
    citation = dict(re.findall(r"^(\w+): (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE))
    assert (citation["version"], citation["license"]) == (cm.__version__, "MIT")


def test_requirements_pin_within_what_is_allowed(metadata):
    """requirements.txt lists everything that the library and its command need."""
    required = [text for text in metadata.get_all("Requires-Dist") if "extra ==" not in text or "'train'" in text]
    names = {re.match(r"[\w-]+", text)[0] for text in required}
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert {re.match(r"[\w-]+", line)[0] for line in lines if not line.startswith("#")} == names


MISSING = {
    "tyro": lambda: _tyro.import_tyro(),
    "tqdm": lambda: runpy.run_path(_display.__file__),
    "keras_cv": lambda: models.build("densenet121", num_classes=10, input_shape=(32, 32, 3)),
    "matplotlib.figure": lambda: cm.plotting.draw_curves({}, {}),
    "tensorflow_datasets": lambda: datasets.load("cifar10"),
}


@pytest.mark.parametrize(("package", "use"), MISSING.items(), ids=MISSING)
def test_a_missing_package_is_an_error_that_names_the_extra(package, use, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"pip install 'cutmix_tf\[train\]'"):
        use()


def test_configs_are_found_inside_an_installed_package_and_beside_a_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(_configs, "_PACKAGE", tmp_path / "cutmix_tf")
    assert _configs.config_folder() == tmp_path / "configs"
    (tmp_path / "cutmix_tf" / "configs").mkdir(parents=True)
    assert _configs.config_folder() == tmp_path / "cutmix_tf" / "configs"


# ---- installed ----


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Runs a command of the wheel in an empty folder; it is installed in an environment that knows no checkout.

    The packages that it needs are those of this environment, so that nothing is downloaded. What this environment has
    installed as editable is not among them.
    """
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "packages.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    (folder / "empty").mkdir()
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TF_CPP_MIN_LOG_LEVEL")
    }

    def run(*words):
        command = [str(folder / "venv" / "bin" / "cutmix-tf"), *words]
        ended = subprocess.run(
            command, cwd=folder / "empty", env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        assert ended.stderr == ""
        return ended.stdout

    run.folder = folder / "empty"
    return run


@pytest.mark.slow
def test_the_installed_command_lists_trains_evaluates_and_predicts_in_an_empty_folder(installed, tmp_path):
    assert installed("--version").strip() == cm.__version__
    assert "shapes_resnet20_cutmix" in installed("list", "configs")
    printed = installed("train", "shapes_resnet20_cutmix", "--epochs", "2", "--run-dir", "r")
    assert "epoch 2/2" in printed
    assert str(ROOT) not in printed
    summary = read_json(installed.folder / "r" / "summary.json")
    assert "accuracy" in installed("evaluate", "r", "--suites", "accuracy").lower()
    evaluated = read_json(installed.folder / "r" / "evaluation.json")["accuracy"]
    assert evaluated["top1_error"] == pytest.approx(summary["top1_error_last"], abs=0.01)
    test = datasets.load("shapes").test
    classifier = keras.saving.load_model(installed.folder / "r" / "classifier.keras")
    errors = classifier.predict(test.images, verbose=0).argmax(axis=1) != test.labels
    assert 100 * np.mean(errors) == pytest.approx(summary["top1_error_last"], abs=0.01)
    keras.utils.save_img(installed.folder / "one.png", test.images[0], scale=False)
    assert "one.png" in installed("predict", "r", "one.png")


@pytest.mark.slow
@pytest.mark.parametrize("words", [["doctor"], ["preview", "shapes_resnet20_cutmix", "--save", "p.png"]], ids=str)
def test_the_installed_command_looks_at_a_config_in_an_empty_folder(installed, words):
    assert installed(*words)
    assert (installed.folder / words[-1]).is_file() or words == ["doctor"]

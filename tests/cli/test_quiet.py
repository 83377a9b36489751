"""The command answers before TensorFlow is loaded, and keeps its logs off the terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cutmix_tf
from cutmix_tf.cli import _quiet

ROOT = Path(__file__).parents[2]
STARTED = """
import runpy, sys
sys.argv, sys.path[0] = {words}, {root!r}
try:
    runpy.run_path({script!r}, run_name="__main__")
finally:
    print("tensorflow" in sys.modules)
"""


def run(words, script, **environment):
    """What a script of the checkout prints, and at the end whether it has loaded TensorFlow."""
    program = STARTED.format(words=words, root=str(ROOT), script=str(script))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def entry(tmp_path_factory):
    """The script that an installer makes for the command."""
    file = tmp_path_factory.mktemp("bin") / "cutmix-tf"
    file.write_text("from cutmix_tf.cli import main\nmain()\n")
    return file


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_and_version_load_no_tensorflow(entry, word):
    printed = run([str(entry), word], entry).stdout.split()
    assert printed[-1] == "False"
    assert cutmix_tf.__version__ in printed or "usage:" in printed


def test_a_command_prints_no_logs_and_has_all_names(entry, tmp_path):
    """A config may import anything that the package offers, by name or all at once."""
    config = "from cutmix_tf import *\nfrom cutmix_tf.training import TrainConfig\nprint(CutMix())\nconfig = None"
    (tmp_path / "mine.py").write_text(config)
    ended = run([str(entry), "train", str(tmp_path / "mine.py")], entry, TF_CPP_MIN_LOG_LEVEL="2")
    assert ended.stdout.splitlines()[0].startswith("CutMix(")
    assert (
        ended.stderr == f"cutmix-tf train: {tmp_path / 'mine.py'} must define `config = TrainConfig(...)`; got None.\n"
    )


NOISE = b"""WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795560703.063514   27471 cudart_stub.cc:31] Could not find cuda drivers on your machine.
2026-11-24 22:45:14.123456: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.
W0000 00:00:1795560703.063514   27471 gpu_device.cc:2341] Cannot dlopen some GPU libraries.
E0000 00:00:1795563838.375091 22345 cuda_dnn.cc:8310] Unable to register cuDNN factory: Attempting to register again
2026-11-24 23:43:59.148649: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is optimized
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate flags.
"""
KEPT = b"""E0000 00:00:1795560779.472786   28405 somewhere.cc:52] disk failure
Traceback (most recent call last):
ValueError: I0000 is mine
"""


def test_only_lines_of_logs_below_errors_are_noise():
    assert _quiet.without_noise(NOISE + KEPT) == KEPT


def test_errors_about_gpus_are_noise_where_there_is_none(monkeypatch):
    line = b"E0000 00:00:1795560779.472786 28405 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error\n"
    for has_gpu in (True, False):
        monkeypatch.setattr(Path, "exists", lambda path, has_gpu=has_gpu: has_gpu)
        assert _quiet.without_noise(line) == (line if has_gpu else b"")


def test_what_is_written_while_tensorflow_loads_comes_out_even_if_that_fails(monkeypatch, capfd):
    def fail():
        os.write(2, NOISE + KEPT)
        raise ImportError("no TensorFlow")

    monkeypatch.setattr(_quiet, "_load", fail)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    with pytest.raises(ImportError, match="no TensorFlow"):
        _quiet.load_quietly()
    assert capfd.readouterr().err.encode() == KEPT


def test_who_asks_for_logs_gets_them(monkeypatch, capfd):
    monkeypatch.setattr(_quiet, "_load", lambda: os.write(2, NOISE))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    _quiet.load_quietly()
    assert capfd.readouterr().err.encode() == NOISE

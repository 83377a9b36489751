"""cutmix-tf doctor: the installation, and a config before it is trained."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.small_runs import small_set, split_of

from cutmix_tf import CutMix, FeatureCutMix, datasets, training
from cutmix_tf.cli import _doctor, main


def test_without_a_config_it_describes_the_installation(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["doctor"])
    printed = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line)
    assert printed["tensorflow"] == tf.__version__
    assert printed["keras"].startswith(f"{keras.__version__} on tensorflow")
    assert printed["matplotlib"].endswith("for figures")
    assert list(tmp_path.iterdir()) == []


def config(**changes):
    settings = {"dataset": "small", "model": "resnet20", "epochs": 1, "batch_size": 16, "augment": "none"}
    return training.TrainConfig(**{**settings, "mix": CutMix(), **changes})


def loading(monkeypatch, images):
    from cutmix_tf.training import _prepare

    monkeypatch.setattr(_prepare, "load", lambda name, **options: images)


@pytest.mark.slow
@pytest.mark.parametrize("mix", [CutMix(), FeatureCutMix(taps=(1,))])
def test_nothing_is_wrong_with_a_config(monkeypatch, tmp_path, mix):
    monkeypatch.chdir(tmp_path)
    loading(monkeypatch, small_set())
    report = _doctor.examine(config(mix=mix))
    assert report.findings == ()
    assert report.checked == "8 batches and the model"
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_is_printed_and_shows_in_the_exit_code(monkeypatch, capsys, tmp_path):
    black = datasets.ArraySplit(np.zeros((60, 8, 8, 3), np.uint8), split_of(60, seed=1).labels)
    loading(monkeypatch, small_set(train=black))
    monkeypatch.setattr(_doctor, "read_config", lambda words, program: config())
    with pytest.raises(SystemExit) as stopped:
        main(["doctor", "any.py"])
    assert stopped.value.code == 1
    assert capsys.readouterr().out.startswith("error: All pixels of all images are ")


@pytest.mark.slow
def test_training_warns_of_what_is_wrong_with_its_first_batch(monkeypatch, tmp_path, caplog):
    from helpers.small_runs import small_model, train  # noqa: F401

    black = datasets.ArraySplit(np.zeros((60, 8, 8, 3), np.uint8), split_of(60, seed=1).labels)
    settings = config(model="small", run_dir=str(tmp_path / "run"))
    training.train(settings, model=small_model, images=small_set(train=black))
    assert [record.message for record in caplog.records if "All pixels" in record.message]

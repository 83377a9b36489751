"""cutmix-tf transfer: configs, overrides and errors, up to the training itself."""

import pytest

from cutmix_tf.cli import _main, _transfer
from cutmix_tf.cli._configs import config_folder
from cutmix_tf.transfer import CaptioningConfig, DetectionConfig

CONFIGS = sorted(file.stem for file in (config_folder() / "transfer").glob("*.py"))
KINDS = {"detection": DetectionConfig, "captioning": CaptioningConfig}


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """The configs that would have been trained."""
    configs = []

    def train(config, **options):
        configs.append(config)
        return {"task": "any", "score": 12.3456}

    for task, kind in KINDS.items():
        monkeypatch.setitem(_transfer.TASKS, task, _transfer.Task(kind, train))
    monkeypatch.chdir(tmp_path)
    return configs


@pytest.mark.parametrize("name", CONFIGS)
def test_every_config_is_read_by_its_name(trained, capsys, name):
    task = name.partition("_")[0]
    _main.main(["transfer", task, name])
    assert type(trained[0]) is KINDS[task]
    assert trained[0].run_dir == f"runs/{name}"
    assert "score  12.35" in capsys.readouterr().out


def test_overrides_change_the_config_and_name_the_folder(trained):
    words = [
        "--backbone",
        "runs/first",
        "--classes",
        "2",
        "5",
        "--image-size",
        "64",
        "96",
        "--no-flip",
        "--epochs",
        "3",
    ]
    _main.main(["transfer", "detection", "detection_scenes", *words])
    (config,) = trained
    assert (config.backbone, config.classes, config.image_size) == ("runs/first", (2, 5), (64, 96))
    assert (config.flip, config.epochs) == (False, 3)
    assert config.run_dir.startswith("runs/detection_scenes_")
    assert "backbone=runs-first" in config.run_dir


def test_a_file_is_a_config_too(trained, tmp_path):
    source = (
        "from cutmix_tf.transfer import DetectionConfig\nconfig = DetectionConfig(dataset='a', backbone='b', epochs=1)"
    )
    (tmp_path / "mine.py").write_text(source)
    _main.main(["transfer", "detection", "mine.py", "--run-dir", "here"])
    assert (trained[0].dataset, trained[0].run_dir) == ("a", "here")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["detecton"], "no task called 'detecton'. Did you mean 'detection'"),
        (["detection"], "After the task comes a config: detection_coco128"),
        (["detection", "detection_scene"], "Did you mean 'detection_scenes'"),
        (["detection", "wrong.py"], "wrong.py must define `config = DetectionConfig"),
    ],
)
def test_errors_are_one_line(trained, tmp_path, words, message):
    (tmp_path / "wrong.py").write_text("config = 1")
    with pytest.raises(SystemExit) as caught:
        _main.main(["transfer", *words])
    assert message in str(caught.value)
    assert not trained

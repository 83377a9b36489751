"""Any dataclass of settings as JSON and back."""

import dataclasses
from typing import Annotated

import pytest
from helpers.small_runs import config

import cutmix_tf as cm
from cutmix_tf.attention import Teacher
from cutmix_tf.runs import PLACE, Text, config_from_json, config_to_json, to_text
from cutmix_tf.runs._settings import changed_settings
from cutmix_tf.training import TrainConfig


def read_letters(text):
    """A set of letters; "none" for None."""
    return None if text == "none" else frozenset(text)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Three settings: a number, a set of letters that is given as text, and a place."""

    count: int
    letters: Annotated[frozenset | None, Text(read_letters, "LETTERS")] = None
    folder: str = dataclasses.field(default="here", metadata=PLACE)


def test_settings_come_back_from_json():
    for settings in (Settings(3), Settings(3, None, "there")):
        assert config_from_json(Settings, config_to_json(settings)) == settings
    assert config_to_json(Settings(3)) == {"count": 3, "letters": "none", "folder": "here"}


def test_a_whole_config_comes_back_from_json(tmp_path):
    settings = config(
        tmp_path, mix=cm.FeatureCutMix(taps=(0, 1)), erase=cm.Cutout(), mix_schedule=((0, 0), (1, 1)),
        regularizer=cm.models.WithDropBlock(),
    )  # fmt: skip
    assert config_from_json(TrainConfig, config_to_json(settings)) == settings
    settings = config(tmp_path, mix=cm.AttentiveCutMix(), teacher=Teacher("vgg16", grid=(4, 5)))
    assert config_from_json(TrainConfig, config_to_json(settings)) == settings


def test_settings_that_are_missing_have_their_defaults():
    assert config_from_json(Settings, {"count": 3}) == Settings(3)


REFUSED = {
    "unknown": (
        {"count": 3, "cuont": 4},
        "Settings has no setting 'cuont'. Did you mean 'count'? Correct it, or leave it out.",
    ),
    "missing": ({"folder": "x"}, "Settings needs count; got folder."),
    "nothing": ({}, "Settings needs count; got nothing."),
    "a list": ([3], "A config is read from settings by name; got list."),
}


@pytest.mark.parametrize(("settings", "message"), REFUSED.values(), ids=REFUSED)
def test_other_settings_are_refused(settings, message):
    with pytest.raises(TypeError) as refused:
        config_from_json(Settings, settings)
    assert message in str(refused.value)


def test_configs_that_train_alike_are_one_run():
    """A place may change, and a setting that is missing has its default."""
    held = config_to_json(Settings(3, None, "here"))
    assert changed_settings(Settings, held, config_to_json(Settings(3, None, "there"))) == []
    assert changed_settings(Settings, held, config_to_json(Settings(4))) == ["count"]
    del held["letters"]
    assert changed_settings(Settings, held, config_to_json(Settings(3))) == []
    assert changed_settings(Settings, held, {**config_to_json(Settings(3)), "letters": "ab"}) == ["letters"]


def test_text_of_values():
    assert to_text(None) == "none"
    assert to_text(cm.CutMix(0.5)) == "CutMix(alpha=0.5, prob=1.0, per='example')"

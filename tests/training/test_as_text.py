"""Mixers, teachers and regularizers come back from their text; other texts are refused, and no code is run."""

import pytest

import cutmix_tf as cm
from cutmix_tf.attention import Teacher
from cutmix_tf.models import WithDropBlock, WithShakeDrop, WithStochasticDepth
from cutmix_tf.runs import to_text
from cutmix_tf.training._as_text import mixer_from_text, regularizer_from_text, teacher_from_text

VALUES = [
    (mixer_from_text, None),
    (mixer_from_text, cm.CutMix(alpha=0.2, prob=0.5)),
    (mixer_from_text, cm.OneOf([cm.CutMix(), cm.MixUp()], weights=(2, 1))),
    (mixer_from_text, cm.Cutout(fill=(1, 2, 3))),
    (mixer_from_text, cm.FeatureCutMix(taps=(0, "conv"))),
    (teacher_from_text, None),
    (teacher_from_text, Teacher("runs/x")),
    (teacher_from_text, Teacher("vgg16", reading="cam", grid=(4, 5))),
    (regularizer_from_text, None),
    (regularizer_from_text, WithDropBlock(drop_rate=0.2, block_size=3)),
    (regularizer_from_text, WithStochasticDepth(0.3, rule="constant")),
    (regularizer_from_text, WithShakeDrop()),
]


@pytest.mark.parametrize(("read", "value"), VALUES, ids=lambda each: getattr(each, "__name__", repr(each)))
def test_values_come_back_from_their_text(read, value):
    assert read(to_text(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("CutMix", cm.CutMix()),
        (" CutMix( 0.5 ) ", cm.CutMix(0.5)),
        ("None", None),
        ("OneOf([CutMix(), MixUp(0.2)])", cm.OneOf([cm.CutMix(), cm.MixUp(0.2)])),
    ],
)
def test_short_forms_of_mixers(text, value):
    assert mixer_from_text(text) == value


def test_a_bare_name_or_path_is_a_teacher():
    assert teacher_from_text(" runs/mine/final.keras ") == Teacher("runs/mine/final.keras")


REFUSED = {
    "CutMx": "Did you mean 'CutMix'",
    "CutMix(alfa=1)": "CutMix has no argument 'alfa'. Did you mean 'alpha'",
    "CutMix(beta=1)": "Write alpha=… instead.",
    "CutMix(": "A mixing method reads like CutMix(alpha=1.0) or none",
    "7": "A mixing method reads like",
    "[CutMix()]": "A mixing method reads like",
    "CutMix(alpha=-1)": "alpha must be above 0",
    "CutMix(1, 1, 'batch', None, 5)": "got 5",
    "CutMix(1, alpha=2)": "gives a setting twice",
    "CutMix(alpha=1, alpha=2)": "gives a setting twice",
    "OneOf()": "OneOf needs mixers",
    "CutMix(alpha=open('x'))": "no mixing method called 'open'",
    "CutMix(alpha=1+x)": "neither a number nor a mixing method",
    "CutMix(alpha=[y for y in (1,)])": "neither a number nor a mixing method",
    "(" * 5000 + "1" + ")" * 5000: "A mixing method reads like",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items(), ids=[text[:30] for text in REFUSED])
def test_other_texts_are_refused(text, message):
    with pytest.raises((ValueError, TypeError)) as refused:
        mixer_from_text(text)
    assert message in str(refused.value)


def test_errors_name_what_was_read():
    with pytest.raises(TypeError, match=r"Teacher has no argument 'layr'\. Did you mean 'layer'"):
        teacher_from_text("Teacher('vgg16', layr='x')")
    with pytest.raises(ValueError, match=r"no regularizer called 'WithDropBlok'\. Did you mean 'WithDropBlock'"):
        regularizer_from_text("WithDropBlok()")
    with pytest.raises(TypeError, match="A regularizer is given as a string; got 5"):
        regularizer_from_text(5)

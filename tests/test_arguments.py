"""Unknown arguments of mixers, losses and metrics get a hint: a near name, or what to write for another library's."""

import inspect

import pytest

import cutmix_tf as cm
from cutmix_tf._arguments import NamedArguments
from cutmix_tf.mixing import MIXERS
from cutmix_tf.mixing._elsewhere import ELSEWHERE

ONE_OF = r"OneOf\(\[CutMix\(alpha=1.0\), MixUp\(alpha=0.8\)\], weights="
HINTS = {
    "the official code's beta": (cm.CutMix, "beta", "Write alpha=… instead"),
    "the official code's cutmix_prob": (cm.CutMix, "cutmix_prob", rf"Write CutMix\(alpha=1.0, prob=0.5\).*{ONE_OF}"),
    "Keras' factor": (cm.CutMix, "factor", "Write alpha=… instead"),
    "Keras' factor of an eraser": (cm.RandomErasing, "factor", "Write prob=… instead"),
    "timm's mixup_alpha": (cm.CutMix, "mixup_alpha", rf"Write MixUp\(alpha=0.8, prob=0.5\).*{ONE_OF}"),
    "timm's cutmix_alpha": (cm.MixUp, "cutmix_alpha", rf"Write CutMix\(alpha=1.0.*{ONE_OF}"),
    "timm's switch_prob": (cm.OneOf, "switch_prob", ONE_OF),
    "timm's mode": (cm.CutMix, "mode", 'Write per="batch"'),
    "timm's label_smoothing": (cm.CutMix, "label_smoothing", r"MixedCrossentropy\(label_smoothing=0.1\)"),
    "torchvision's p": (cm.CutMix, "p", "Write prob=… instead"),
    "torchvision's scale": (cm.RandomErasing, "scale", "Write area=… instead"),
    "a teacher": (cm.AttentiveCutMix, "teacher", "attention=maps"),
    "a misspelt setting": (cm.CutMix, "aplha", "Did you mean 'alpha'"),
    "a misspelt option": (cm.CutMix, "num_class", "Did you mean 'num_classes'"),
    "a misspelt setting of a hidden mixer": (cm.FeatureCutMix, "tap", "Did you mean 'taps'"),
    "a loss": (cm.MixedCrossentropy, "smoothing", "Write label_smoothing=… instead"),
    "a misspelt argument of a loss": (cm.MixedCrossentropy, "class_weights", "Did you mean 'class_weight'"),
    "another loss": (cm.MixedBinaryCrossentropy, "target_thresh", "Write target_threshold=… instead"),
    "a metric": (cm.MixedTopKAccuracy, "top_k", "Write k=… instead"),
    "another metric": (cm.MixedAccuracy, "nam", "Did you mean 'name'"),
}


@pytest.mark.parametrize(("kind", "argument", "hint"), HINTS.values(), ids=HINTS)
def test_unknown_arguments_get_a_hint(kind, argument, hint):
    with pytest.raises(TypeError, match=rf"^{kind.__name__} has no argument '{argument}'\. ?.*{hint}.*It takes "):
        kind(**{argument: 1})


def test_unknown_arguments_are_listed_without_a_hint():
    with pytest.raises(
        TypeError, match=r"'images_key'\. It takes alpha, prob, per, taps, num_classes, regression, seed\.$"
    ):
        cm.FeatureCutMix(images_key="photo")
    with pytest.raises(TypeError, match=r"^MixedAccuracy has no argument 'zzz'\. It takes name, dtype\.$"):
        cm.MixedAccuracy(zzz=1)


def test_too_many_places_are_refused():
    with pytest.raises(TypeError, match=r"CutMix takes at most 3 positional arguments; got 4\. Name them: alpha"):
        cm.CutMix(1.0, 1.0, "example", 10)


def test_arguments_that_are_needed_are_python_errors():
    with pytest.raises(TypeError, match="mixers"):
        cm.OneOf()


@pytest.mark.parametrize("name", ELSEWHERE)
def test_no_hint_leads_nowhere(name):
    """Where a name from elsewhere is unknown, its hint names an argument that some mixer has, or is a sentence."""
    arguments = {argument for kind in MIXERS.values() for argument in inspect.signature(kind).parameters}
    for meant in ELSEWHERE[name]:
        assert meant in arguments or meant.endswith((".", "weights.", 'example".'))
    assert not all(name in inspect.signature(kind).parameters for kind in MIXERS.values())


def test_signatures_are_those_of_the_constructors():
    class Made(NamedArguments):
        def __init__(self, first, *rest, second=2, **others):
            self.given = first, rest, second, others

    assert str(inspect.signature(Made)) == "(first, *rest, second=2, **others)"
    assert Made(1, 2, 3, any_name=4).given == (1, (2, 3), 2, {"any_name": 4})
    assert list(inspect.signature(cm.MixUp).parameters)[:4] == ["alpha", "prob", "per", "num_classes"]
    assert "seed" in inspect.signature(cm.CutMix()).parameters  # that of a call

"""A color for each method, whatever else is in the figure."""

import itertools
import re
import sys

import numpy as np
import pytest

from cutmix_tf import plotting
from cutmix_tf.mixing import MIXERS
from cutmix_tf.plotting._style import SPARE_COLORS


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("none", "none"),
        ("CutMix(alpha=1.0, prob=0.5, per='batch')", "CutMix"),
        ("OneOf((CutMix(), MixUp()), weights=None)", "OneOf"),
        ("OneHotTarget(CutMix())", "OneHotTarget"),
        ("AttentiveCutMix", "AttentiveCutMix"),
        ("shapes_resnet20_cutmix", "CutMix"),
        ("cifar10, resnet20, AttentiveCutMix(top_n=6)", "AttentiveCutMix"),
        ("imagenet_feature_cutmix", "FeatureCutMix"),
        ("attentive", "AttentiveCutMix"),
        ("manifold-mixup", "ManifoldMixUp"),
        ("hide and seek", "HideAndSeek"),
        ("baseline", "none"),
        ("no mixing", "none"),
        ("shapes, resnet20, none", "none"),
        ("run 7", "run 7"),
    ],
)
def test_the_method_is_found_in_texts_and_names(text, method):
    assert plotting.method_of(text) == method


def test_the_color_is_by_method_and_not_by_position():
    runs = {"a": "MixUp()", "b": "none", "c": "CutMix(alpha=0.3)"}
    expected = {name: plotting.METHOD_COLORS[plotting.method_of(text)] for name, text in runs.items()}
    for order in itertools.permutations(runs):
        colors = plotting.colors_of({name: runs[name] for name in order})
        assert list(colors) == list(order)
        assert colors == expected
    assert plotting.colors_of({"c": runs["c"]}) == {"c": expected["c"]}


def test_all_methods_together_have_distinct_colors():
    colors = plotting.colors_of({"none": "none"} | {name: f"{name}()" for name in MIXERS})
    assert len(set(colors.values())) == len(MIXERS) + 1
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in colors.values())


# Oklab (Ottosson 2020): Euclidean distances are about as large as colors look different; black to white is 1.
TO_LMS = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
TO_LAB = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])
SEEN_BY = {  # linear RGB as it is seen without red or green cones (Machado et al. 2009)
    "trichromats": (np.eye(3), 0.08),
    "protanopes": (np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]), 0.05),
    "deuteranopes": (np.array([[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]), 0.05),
}


@pytest.mark.parametrize("seen_by", SEEN_BY)
def test_the_colors_of_methods_can_be_told_apart(seen_by):
    matrix, least = SEEN_BY[seen_by]
    hexes = plotting.METHOD_COLORS.values()
    srgb = np.array([[int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)] for color in hexes])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(np.clip(linear @ matrix.T, 0, 1) @ TO_LMS.T) @ TO_LAB.T
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    pairs = zip(*np.nonzero(np.triu(distances < least, 1)), strict=True)
    names = list(plotting.METHOD_COLORS)
    assert [(names[one], names[other]) for one, other in pairs] == []


def test_runs_by_the_same_method_have_different_shades():
    colors = plotting.colors_of({f"seed {number}": "CutMix()" for number in range(5)})
    assert len(set(colors.values())) == 5
    assert plotting.METHOD_COLORS["CutMix"] in colors.values()
    channels = np.array([[int(color[start : start + 2], 16) for start in (1, 3, 5)] for color in colors.values()])
    assert (channels.argmax(axis=1) == 0).all()  # all of them red


def test_runs_by_the_same_method_keep_their_shades_in_any_order():
    runs = {"seed 0": "CutMix()", "seed 1": "CutMix()", "x": "A()", "y": "B()"}
    expected = plotting.colors_of(runs)
    for order in itertools.permutations(runs):
        assert plotting.colors_of({name: runs[name] for name in order}) == expected


def test_methods_without_a_color_share_none_while_there_are_spare_ones():
    colors = plotting.colors_of({f"run {number}": f"Method{number}()" for number in range(len(SPARE_COLORS))})
    assert set(colors.values()) == set(SPARE_COLORS)


def test_without_a_method_the_name_decides():
    alone = plotting.colors_of({"run 7": None})
    colors = plotting.colors_of({"cutmix": None, "baseline": None, "run 7": None})
    assert (
        colors
        == {name: plotting.METHOD_COLORS[method] for name, method in (("cutmix", "CutMix"), ("baseline", "none"))}
        | alone
    )
    assert alone["run 7"] not in plotting.METHOD_COLORS.values()


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'cutmix_tf\[train\]'"):
        plotting.draw_curves({})

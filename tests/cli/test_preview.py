"""cutmix-tf preview: what it draws is the training batch."""

import dataclasses

import numpy as np
import pytest
from helpers.looks import save_teachers
from helpers.small_runs import small_set

from cutmix_tf import AttentiveCutMix, CutMix, Cutout, FeatureCutMix, ManifoldMixUp, MixUp, OneOf, plotting, training
from cutmix_tf.attention import Teacher
from cutmix_tf.cli import _preview, main
from cutmix_tf.training import _prepare


@pytest.fixture
def rows(monkeypatch):
    """The rows that are drawn, by their titles, and the targets."""
    drawn = {}
    original = plotting.draw_rows

    def keep(rows, targets, names):
        drawn.update({row.title: row.parts for row in rows}, targets=targets)
        return original(rows, targets, names)

    monkeypatch.setattr(plotting, "draw_rows", keep)
    monkeypatch.setattr(_prepare, "load", lambda name, **options: small_set())
    return drawn


def config(**changes):
    settings = {"dataset": "small", "model": "resnet20", "epochs": 2, "batch_size": 16, "augment": "flip"}
    return training.TrainConfig(**{**settings, **changes})


MIXES = {
    "cutmix": CutMix(prob=0.7),
    "mixup": MixUp(),
    "cutout": Cutout(size=4),
    "one_of": OneOf([CutMix(), MixUp(), Cutout(size=4)]),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("cutmix", ()),
        *(pytest.param(name, (), marks=pytest.mark.slow) for name in MIXES if name != "cutmix"),
        pytest.param("cutmix", ((0.0, 1.0), (1.0, 0.0)), marks=pytest.mark.slow),
    ],
)
def test_rows_show_how_the_mix_of_the_training_batch_comes_about(rows, name, schedule):
    settings = config(mix=MIXES[name], mix_schedule=schedule)
    _preview.draw(settings, count=16, step=3)
    prepared = training.prepare(settings)
    pixels = dataclasses.replace(prepared, preprocessing=prepared.preprocessing.in_pixels())
    expected, targets = next(iter(pixels.train_batches(3)))
    np.testing.assert_array_equal(rows["mix"], expected)
    np.testing.assert_array_equal(rows["targets"], targets)
    mask, image, partner = rows["mask"][..., None], rows["image"], rows["partner"]
    kept = (mask == 0)[..., 0]
    np.testing.assert_array_equal(rows["mix"][kept], image[kept])
    mixed = rows["targets"].shape[1:] == (2, 2) and (rows["targets"][:, 1, 1] > 0)[:, None, None, None]
    blended = (1 - mask) * image + mask * partner
    np.testing.assert_allclose(np.where(mixed, rows["mix"] - blended, 0), 0, atol=1e-2)
    if name != "cutout":
        shares = np.where(rows["targets"][:, 1, 1] > 0, rows["mask"].mean(axis=(1, 2)), 0)
        np.testing.assert_allclose(shares, rows["targets"][:, 1, 1], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("mix", [FeatureCutMix(taps=(1,)), ManifoldMixUp(taps=(2,))])
def test_features_are_shown_by_the_mask_of_their_grid(rows, mix):
    _preview.draw(config(mix=mix), count=5)
    (title,) = [title for title in rows if title.startswith("mask")]
    assert title == f"mask at tap\n{mix.taps[0]}, 8×8"
    np.testing.assert_allclose(rows[title].mean(axis=(1, 2)), rows["targets"][:, 1, 1], atol=1e-5)
    assert "mix" not in rows


@pytest.mark.slow
def test_attention_is_shown_where_it_decides(rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_teachers()
    before = sorted(tmp_path.rglob("*"))
    _preview.draw(config(mix=AttentiveCutMix(top_n=4), teacher=Teacher("bright.keras")), count=6)
    maps, mask = rows["attention\nof the partner"], rows["mask"]
    assert maps.shape[0] == 6
    np.testing.assert_allclose(maps.max(axis=(1, 2)), 1)
    assert 0 < mask.mean() < 0.5
    assert sorted(tmp_path.rglob("*")) == before


def test_without_a_mixer_the_batch_is_drawn_with_its_labels(rows, monkeypatch):
    drawn = []
    monkeypatch.setattr(plotting, "draw_mixes", lambda *parts: drawn.extend(parts))
    _preview.draw(config(), count=3)
    images, labels, names = drawn
    assert images.shape == (3, 8, 8, 3)
    assert labels.shape == (3,)
    assert names == small_set().class_names


@pytest.mark.slow
def test_the_command_saves_a_figure_and_nothing_else(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "from cutmix_tf import CutMix\nfrom cutmix_tf.training import TrainConfig\n"
        "config = TrainConfig(dataset='shapes', train_split='train[:40]', model='resnet20', epochs=1, mix=CutMix(), "
        "batch_size=8)\n"
    )
    main(["preview", "mine.py", "--save", "it.png", "--count", "4"])
    assert capsys.readouterr().out == "Saved it.png\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it.png", "mine.py"]
    with pytest.raises(SystemExit, match="step must be at least 0 and at most 4"):
        main(["preview", "mine.py", "--save", "it.png", "--step", "5"])
    with pytest.raises(SystemExit, match="Name a file for the figure"):
        main(["preview", "mine.py"])

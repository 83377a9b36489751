"""cutmix-tf gallery: figures of a user's images that show what the methods do."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.looks import save_teachers

from cutmix_tf import plotting
from cutmix_tf.cli import _gallery, main
from cutmix_tf.cli import _gallery_figures as figures


def fill(folder, count=3, classes=None):
    rng = np.random.default_rng(0)
    for number in range(count):
        path = folder / (classes[number] if classes else "") / f"n0000000{number}_big_cat_{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tf.io.encode_png(rng.integers(0, 256, (20 + number, 30, 3), np.uint8)).numpy())


def test_images_are_squares_named_by_their_files_or_folders(tmp_path):
    fill(tmp_path / "flat")
    images, labels, names = _gallery.read_folder(tmp_path / "flat")
    assert images.shape == (3, 256, 256, 3)
    assert images.dtype == np.uint8
    assert (labels.tolist(), names) == ([0, 1, 2], ("big cat 0", "big cat 1", "big cat 2"))
    fill(tmp_path / "tree", classes=["dog", "ant", "dog"])
    _, labels, names = _gallery.read_folder(tmp_path / "tree")
    assert (labels.tolist(), names) == ([0, 1, 1], ("ant", "dog"))


def test_a_folder_without_images_or_with_a_damaged_one_is_named(tmp_path):
    fill(tmp_path, count=1)
    with pytest.raises(FileNotFoundError, match=r"at least two images .* got 1 in"):
        _gallery.read_folder(tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"broken\.jpg can't be read"):
        _gallery.read_folder(tmp_path)


@pytest.mark.slow
def test_the_main_figure_shows_what_the_methods_did(monkeypatch):
    drawn = []
    monkeypatch.setattr(plotting, "draw_steps", lambda columns, names: drawn.extend(columns))
    images = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    maps = np.random.default_rng(1).random((4, 4, 4), np.float32)
    figures.draw_steps(figures.Examples(images, np.array([0, 1, 2, 0]), ("a", "b", "c"), maps))
    columns = {column.method: column for column in drawn}
    assert list(columns) == ["CutMix", "Attentive CutMix", "MixUp", "Feature CutMix", "Cutout"]
    for name in ("CutMix", "Attentive CutMix", "MixUp"):
        column = columns[name]
        mask = column.mask[..., None]
        np.testing.assert_allclose(column.mixed, (1 - mask) * column.image + mask * column.partner, atol=1e-2)
        np.testing.assert_allclose(column.target[1, 1], column.mask.mean(), atol=1e-6)
    column = columns["Feature CutMix"]
    np.testing.assert_allclose(column.target[1, 1], column.mask.mean(), atol=1e-6)
    assert column.mask.shape == column.mixed.shape[:2] == (8, 8)
    column = columns["Cutout"]
    assert column.partner is None
    np.testing.assert_array_equal(column.mixed[column.mask < 0.5], column.image[column.mask < 0.5])


@pytest.mark.slow
def test_the_command_draws_a_figure_for_each_method(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save_teachers()
    fill(tmp_path / "photos")
    main(["gallery", "--images", "photos", "--teacher", "bright.keras", "--save", "out"])
    saved = sorted(path.stem for path in (tmp_path / "out").rglob("*.png"))
    assert {"mixes", "cutmix", "attentive_cutmix", "manifold_mixup", "random_erasing"} <= set(saved)
    assert "Saved out/mixes.png" in capsys.readouterr().out

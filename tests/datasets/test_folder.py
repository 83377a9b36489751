"""Image folders: splits, classes, files and the sizes of these."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.tiny_sets import epoch, fill_folder

from cutmix_tf import datasets


def test_an_image_folder(tmp_path):
    fill_folder(
        tmp_path,
        ["train/owl/b.png", "train/owl/a.png", "train/elk/c.png", "train/elk/d.PNG", "val/yak/e.png", "val/elk/f.jpg"],
    )
    (tmp_path / "train" / "elk" / "notes.txt").write_text("not an image")
    folder = datasets.load(f"folder:{tmp_path}")
    assert folder.class_names == ("elk", "owl", "yak")
    assert epoch(folder.train) == [(0, 2), (0, 3), (1, 1), (1, 0)]
    assert epoch(folder.test) == [(0, 5), (2, 4)]
    orders = {tuple(epoch(folder.train, (seed, 0))) for seed in range(30)}
    assert len(orders) > 12
    assert epoch(folder.train, (5, 0)) == epoch(folder.train, (5, 0))


def test_class_ids_do_not_depend_on_the_splits_that_are_used(tmp_path):
    fill_folder(tmp_path, ["train/elk/a.png", "train/owl/b.png", "extra/asp/c.png"])
    for spec in ("train", "extra", "train+extra"):
        assert datasets.load(f"folder:{tmp_path}", train_split=spec).class_names == ("asp", "elk", "owl")


def test_other_folders_are_ignored(tmp_path):
    fill_folder(tmp_path, ["train/elk/a.png", "test/elk/b.png", ".cache/asp/c.png", "__MACOSX/asp/d.png"])
    (tmp_path / "train" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "annotations" / "xml").mkdir(parents=True)
    (tmp_path / "annotations" / "xml" / "a.xml").write_text("")
    assert datasets.load(f"folder:{tmp_path}").class_names == ("elk",)


def test_what_cannot_be_a_dataset(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is none at .*/nowhere\. Arrange the images as .*/train/CLASS"):
        datasets.load(f"folder:{tmp_path}/nowhere")
    with pytest.raises(ValueError, match=r"needs classes of images \(.jpg, .jpeg, .png\); .* has none\. Arrange"):
        datasets.load(f"folder:{tmp_path}")
    fill_folder(tmp_path, ["train/owl/a.png", "test/owl/a.png"])
    (tmp_path / "train" / "elk").mkdir()
    with pytest.raises(ValueError, match=r"Each class needs an image; 'elk' in .* has none"):
        datasets.load(f"folder:{tmp_path}")


def test_a_split_without_images(tmp_path):
    fill_folder(tmp_path, ["train/owl/a.png"])
    (tmp_path / "test" / "owl").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"'test' selects none of test \(0\), train \(1\)"):
        datasets.load(f"folder:{tmp_path}")


def write_sizes(folder, sizes):
    """A PNG or JPEG of each size."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (height, width) in enumerate(sizes):
        encode, suffix = ((tf.io.encode_png, "png"), (tf.io.encode_jpeg, "jpg"))[number % 2]
        (folder / f"{number}.{suffix}").write_bytes(encode(np.zeros((height, width, 3), np.uint8)).numpy())


def test_the_size_is_known_if_all_images_have_it(tmp_path):
    write_sizes(tmp_path / "train" / "elk", [(12, 10)] * 5)
    write_sizes(tmp_path / "test" / "elk", [(12, 10)] * 4 + [(10, 12)])
    folder = datasets.load(f"folder:{tmp_path}")
    assert folder.train.image_size == (12, 10)
    assert folder.test.image_size is None
    assert folder.test.select(range(4)).image_size == (12, 10)
    maps = np.zeros((5, 1, 1), np.uint8)
    assert folder.train.with_attention(maps).image_size == (12, 10)


def test_sizes_are_read_up_to_the_first_that_differs(tmp_path):
    write_sizes(tmp_path / "train" / "elk", [(12, 10), (10, 12), (12, 10)])
    train = datasets.load(f"folder:{tmp_path}").train
    (tmp_path / "train" / "elk" / "2.png").write_bytes(b"")
    assert train.image_size is None
    (tmp_path / "train" / "elk" / "0.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"An image needs the header of a JPEG, PNG or GIF; .*0\.png has none"):
        _ = datasets.load(f"folder:{tmp_path}").train.image_size

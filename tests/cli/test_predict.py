"""cutmix-tf predict: a line for each image, and a figure."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.deployed import some_classifier, some_images

from cutmix_tf.cli import main
from cutmix_tf.inference import Classifier


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run's folder with a classifier, and three images of different sizes beside it."""
    folder = tmp_path_factory.mktemp("run")
    some_classifier().save(folder / "classifier.keras")
    for name, image in zip(("a", "b", "long"), some_images(), strict=False):
        (folder / f"{name}.png").write_bytes(tf.io.encode_png(image).numpy())
    return folder


def test_it_prints_names_and_probabilities(folder, capsys):
    files = [folder / "long.png", folder / "a.png"]
    main(["predict", str(folder), *map(str, files), "--top", "2"])
    expected = str(Classifier.load(folder).predict(files, top=2)).splitlines()
    printed = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[-1].strip() for line in printed] == expected
    assert [line.split("  ")[0] for line in printed] == list(map(str, files))
    assert expected[0].count(" %") == 2


def test_it_draws_the_images_with_their_maps(folder, tmp_path, capsys, monkeypatch):
    drawn = {}
    from cutmix_tf import plotting

    monkeypatch.setattr(
        plotting, "draw_cams", lambda *parts, draw=plotting.draw_cams: drawn.update(parts=parts) or draw(*parts)
    )
    main(["predict", str(folder / "classifier.keras"), str(folder / "a.png"), "--save", str(tmp_path / "it.png")])
    assert capsys.readouterr().out.endswith(f"Saved {tmp_path / 'it.png'}\n")
    assert (tmp_path / "it.png").read_bytes().startswith(b"\x89PNG")
    images, maps, titles = drawn["parts"]
    classifier = Classifier.load(folder)
    np.testing.assert_array_equal(images, classifier.crops(folder / "a.png"))
    assert maps.shape == images.shape[:3]
    assert maps.min() == 0
    assert maps.max() == 1
    (name,), (share,) = (part[0] for part in _first(classifier.predict(folder / "a.png", top=1)))
    assert titles == [f"{name}\n{100 * share:.1f} %"]


def _first(predictions):
    return predictions.names, predictions.probabilities


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{}"], "Name at least one image"),
        (["{}", "nothing.png"], "no image 'nothing.png'"),
        (["nowhere", "{}/a.png"], "'nowhere' holds no classifier"),
    ],
)
def test_mistakes_end_in_one_line(folder, words, message):
    with pytest.raises(SystemExit) as stopped:
        main(["predict", *(word.format(folder) for word in words)])
    assert message in str(stopped.value)
    assert str(stopped.value).startswith("cutmix-tf predict: ")

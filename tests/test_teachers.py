"""Teachers, their maps, the cache, and maps that follow their pictures."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf import data
from cutmix_tf.attention import Teacher, _cache, cache_path, cached_maps
from cutmix_tf.attention._heat import area_shares

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT.parent / "shared" / "data" / "weights"


def brightness(size=14):
    """A network whose only feature is the brightness of each pixel: its map is exact."""
    inputs = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer=keras.initializers.Constant(1 / 3), name="bright")(
        inputs
    )
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x), name="brightness")


def classifier(channels=4):
    """A small network of the usual shape, with weights drawn from a seed."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(channels, 3, padding="same", name="first")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU(name="last")(x)
    return keras.Model(inputs, keras.layers.Dense(5, name="logits")(keras.layers.GlobalAveragePooling2D()(x)))


def pictures(count=6, size=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


# ---- maps ----


def test_the_map_is_the_mean_over_channels_of_the_last_map():
    network, images = classifier(), pictures()
    teacher = Teacher(network, grid=None)
    last = keras.Model(network.input, network.get_layer("last").output)(images.astype("float32"), training=False)
    np.testing.assert_allclose(teacher.maps(images), np.mean(last, axis=3), rtol=1e-5)
    assert teacher.shape == teacher.input_size == (8, 8)


def test_cam_weighs_channels_by_the_predicted_class_and_averages_to_its_logit():
    network, images = classifier(), pictures()
    last = keras.Model(network.input, [network.get_layer("last").output, network.output])
    features, logits = (np.asarray(part) for part in last(images.astype("float32"), training=False))
    best = logits.argmax(axis=1)
    expected = np.einsum("bhwc,cb->bhw", features, np.asarray(network.get_layer("logits").kernel)[:, best])
    maps = Teacher(network, reading="cam", grid=None).maps(images)
    np.testing.assert_allclose(maps, np.maximum(expected, 0), rtol=1e-4, atol=1e-3)
    bias = np.asarray(network.get_layer("logits").bias)[best]
    np.testing.assert_allclose(expected.mean(axis=(1, 2)) + bias, logits.max(axis=1), rtol=1e-4)


def test_the_teacher_is_in_inference_mode_and_unchanged():
    """One image's map does not depend on the others of the batch, and no statistics drift."""
    network, images = classifier(), pictures()
    before = [np.array(weight) for weight in network.weights]
    teacher = Teacher(network)
    together, alone = teacher.maps(images), teacher.maps(images[2:3])
    np.testing.assert_allclose(together[2:3], alone, rtol=1e-5)
    for weight, old in zip(network.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_pictures_of_another_size_are_resized_for_the_teacher():
    teacher = Teacher(brightness(), grid=(2, 2))
    quarters = np.array([[10, 20], [30, 40]], np.uint8).repeat(32, 0).repeat(16, 1)
    maps = teacher.maps(np.stack([quarters] * 3, axis=2)[None])
    np.testing.assert_allclose(maps[0], [[10, 20], [30, 40]], atol=1.5)  # the seams blend


@pytest.mark.parametrize(("pixels", "cells"), [(7, 7), (8, 7), (4, 7), (13, 7), (56, 7), (3, 1)])
def test_areas_are_shared_out(pixels, cells):
    shares = area_shares(pixels, cells)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(shares.sum(axis=0), cells / pixels, rtol=1e-6)
    center = shares @ ((np.arange(pixels) + 0.5) / pixels)
    np.testing.assert_allclose(center, (np.arange(cells) + 0.5) / cells, atol=1 / pixels)


def test_equal_teachers_have_equal_fingerprints():
    network = classifier()
    same = Teacher(network).fingerprint
    assert same == Teacher(network, layer="last", size=(8, 8)).fingerprint
    other = [Teacher(network, layer="first"), Teacher(network, reading="cam"), Teacher(network, grid=(2, 2))]
    changed = keras.models.clone_model(network)
    assert len({same, Teacher(changed).fingerprint, *(teacher.fingerprint for teacher in other)}) == 5


BAD = [
    (dict(network=3), TypeError, "a name, a path or a Keras model"),
    (dict(network="resnet5"), ValueError, "Did you mean 'resnet50'"),
    (dict(network="no/such.keras"), FileNotFoundError, "no teacher at"),
    (dict(network="vgg16", weights="no.h5"), FileNotFoundError, "no file of weights for vgg16"),
    (dict(network=str(ROOT)), FileNotFoundError, "is no finished run"),
    (dict(network=classifier(), layer="lust"), ValueError, "Did you mean 'last'"),
    (dict(network=classifier(), reading="max"), ValueError, "reading must be one of"),
    (dict(network=classifier(), layer="first", size=(0, 8)), ValueError, "size must be at least 1"),
    (dict(network=classifier(), size=(9, 9)), ValueError, "does not take pictures of"),
    (dict(network=classifier(), grid=7), ValueError, "grid must be two whole numbers"),
    (dict(network=brightness(), reading="cam"), ValueError, "one dense layer"),
    (
        dict(network=keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(2), classifier()])),
        ValueError,
        "as one layer",
    ),
    (dict(network=keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])), ValueError, "has none"),
]


@pytest.mark.parametrize(("settings", "error", "message"), BAD, ids=lambda value: str(value)[:30])
def test_bad_teachers_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        Teacher(**settings).maps(pictures(size=8))


@pytest.mark.skipif(not WEIGHTS.exists(), reason="needs the offline weights")
def test_trained_teachers_load_and_look_somewhere():
    images = pictures(4, 32)
    mobilenet = str(WEIGHTS / "mobilenet_v2_1.0_224_imagenet.weights.h5")
    for teacher in (
        Teacher("mobilenet_v2", weights=mobilenet),
        Teacher("mobilenet_v2", weights=mobilenet, reading="cam"),
        Teacher(str(WEIGHTS / "squeezenet_v1.1_imagenet.keras"), layer="fire9_concat"),
        Teacher(str(WEIGHTS / "resnet20_cifar10.keras")),
        Teacher(str(WEIGHTS / "resnet56_cifar10.keras"), reading="cam", grid=(8, 8)),
    ):
        maps = teacher.maps(images)
        assert maps.shape == (4, *teacher.shape)
        assert maps.min() >= 0
        assert (maps.std(axis=(1, 2)) > 0).all()


# ---- the cache ----


def split_of(count=300, seed=0):
    return data.ArraySplit(pictures(count, seed=seed), np.zeros(count, np.int32))


def test_the_cache_holds_each_map_scaled_to_a_byte(tmp_path):
    split, teacher = split_of(), Teacher(classifier())
    built = cached_maps(tmp_path / "c.npz", split, teacher, verbose=False)
    maps = teacher.maps(split.images)
    np.testing.assert_allclose(built, 255 * maps / maps.max(axis=(1, 2), keepdims=True), atol=0.501)
    np.testing.assert_array_equal(cached_maps(tmp_path / "c.npz", split, teacher), built)
    assert [path.name for path in tmp_path.iterdir()] == ["c.npz"]


def test_a_map_of_nothing_stays_nothing():
    maps = np.array([[[0, 0]], [[1, 4]]], np.float32)
    np.testing.assert_array_equal(_cache.as_bytes(maps), [[[0, 0]], [[64, 255]]])


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_stopped_building_goes_on_and_ends_with_the_same_bytes(batches, tmp_path, monkeypatch):
    split, teacher = split_of(), Teacher(classifier())  # three batches
    cached_maps(tmp_path / "whole.npz", split, teacher, verbose=False)
    left = iter(range(batches))

    def until_stopped(maps, as_bytes=_cache.as_bytes):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return as_bytes(maps)

    with monkeypatch.context() as patch:
        patch.setattr(_cache, "as_bytes", until_stopped)
        with pytest.raises(KeyboardInterrupt):
            cached_maps(tmp_path / "c.npz", split, teacher, verbose=False)
    partial = tmp_path / "c.npz.partial"
    assert (
        partial.read_bytes().split(b"\n", 1)[1]
        == cached_maps(tmp_path / "whole.npz", split, teacher)[: 128 * batches].tobytes()
    )
    with partial.open("ab") as file:
        file.write(b"torn")  # the beginning of a batch
    cached_maps(tmp_path / "c.npz", split, teacher, verbose=False)
    assert (tmp_path / "c.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_of_several_that_find_no_cache_one_builds_it(tmp_path, monkeypatch):
    split, teacher, build, builds = split_of(), Teacher(classifier()), _cache._build, []

    def counted(*arguments):
        builds.append(arguments)
        time.sleep(0.2)  # so that the other finds no cache either
        build(*arguments)

    monkeypatch.setattr(_cache, "_build", counted)
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda _: cached_maps(tmp_path / "c.npz", split, teacher, verbose=False), range(2))
    np.testing.assert_array_equal(one, two)
    assert len(builds) == 1


BUILD = """
import sys
sys.path.insert(0, "tests")
import test_teachers as t
from cutmix_tf.attention import Teacher, cached_maps
split, teacher = t.split_of(20_000), Teacher(t.classifier())
teacher.maps(split.images[:128])
print("ready", flush=True)
cached_maps(sys.argv[1], split, teacher, verbose=False)
"""


@pytest.mark.slow
def test_killed_building_goes_on_and_ends_with_the_same_bytes(tmp_path):
    split, teacher = split_of(20_000), Teacher(classifier())
    expected = cached_maps(tmp_path / "whole.npz", split, teacher, verbose=False)
    path = tmp_path / "killed.npz"
    for pause in (0.0, 0.02, 0.1, 0.25):
        child = subprocess.Popen(
            [sys.executable, "-c", BUILD, str(path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        with child:
            child.stdout.readline()
            time.sleep(pause)
            child.send_signal(signal.SIGKILL)
    np.testing.assert_array_equal(cached_maps(path, split, teacher, verbose=False), expected)
    assert path.read_bytes() == (tmp_path / "whole.npz").read_bytes()


def save(path, **arrays):
    with path.open("wb") as file:
        np.savez(file, **arrays)


def test_caches_that_do_not_fit_are_refused_with_what_to_do(tmp_path):
    split, teacher, path = split_of(), Teacher(classifier()), tmp_path / "c.npz"
    maps = cached_maps(path, split, teacher, verbose=False)
    whole, key = path.read_bytes(), np.load(path)["key"]
    again = r"Remove it, and run python -m cutmix_tf\.attention CONFIG"
    with pytest.raises(ValueError, match=f"made for something else: data .*{again}"):
        cached_maps(path, split_of(seed=1), teacher)
    with pytest.raises(ValueError, match="examples 300 there, 299 here"):
        cached_maps(path, split_of(299), teacher)
    with pytest.raises(ValueError, match=f"something else: teacher .*{again}"):
        cached_maps(path, split, Teacher(keras.models.clone_model(classifier())))
    with pytest.raises(ValueError, match=r"grid \[7, 7\] there, \[2, 2\] here"):
        cached_maps(path, split, Teacher(classifier(), grid=(2, 2)))
    for cut in (10, 2000, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=f"no whole cache of attention maps.*{again}"):
            cached_maps(path, split, teacher)
    path.write_bytes(whole[:3000] + bytes([whole[3000] ^ 1]) + whole[3001:])
    with pytest.raises(ValueError, match="no whole cache"):
        cached_maps(path, split, teacher)
    for wrong in (maps[:-1], maps.astype(np.float32)):
        save(path, maps=wrong, key=key)
        with pytest.raises(ValueError, match=f"must hold uint8 maps.*{again}"):
            cached_maps(path, split, teacher)
    save(path, maps=maps)
    with pytest.raises(ValueError, match="no whole cache"):
        cached_maps(path, split, teacher)
    save(path, maps=np.array([{}], object), key=key)  # pickled: never loaded
    with pytest.raises(ValueError, match="no whole cache"):
        cached_maps(path, split, teacher)


def test_a_foreign_partial_file_is_started_anew(tmp_path):
    split, teacher, path = split_of(), Teacher(classifier()), tmp_path / "c.npz"
    (tmp_path / "c.npz.partial").write_bytes(json.dumps({"format": 1}).encode() + b"\n" + bytes(300 * 49))
    assert cached_maps(path, split, teacher, verbose=False).any()


def test_names_of_caches_tell_them_apart():
    teachers = Teacher("resnet50"), Teacher("runs/mine/final.keras"), Teacher("resnet50", reading="cam")
    names = {cache_path(dataset, teacher).name for dataset in ("cifar10", "folder:/a/b") for teacher in teachers}
    assert len(names) == 6
    assert cache_path("cifar10", Teacher("runs/x.keras")).as_posix() == "attention/cifar10-runs-x-mean.npz"


# ---- maps that follow their pictures ----


def bright_split(count=40, size=14, cells=7):
    """Pictures of one brightness a cell, up to 255 in each, and their exact maps."""
    draw = np.random.default_rng(1)
    maps = draw.integers(0, 255, (count, cells, cells)).astype(np.uint8)
    maps[:, 0, 0] = 255  # so that scaling to bytes changes nothing
    images = maps.repeat(size // cells, 1).repeat(size // cells, 2)[..., None].repeat(3, 3)
    return data.ArraySplit(images, np.arange(count, dtype=np.int32), attention=maps)


def as_png(split):
    """The same split, read from encoded pictures."""
    files = tf.stack([tf.io.encode_png(image) for image in split.images])

    def read(seed=None):
        places = tf.range(len(split), dtype=tf.int64)
        if seed is not None:
            places = tf.cast(tf.argsort(tf.random.stateless_uniform([len(split)], seed)), tf.int64)
        return tf.data.Dataset.from_tensor_slices((tf.gather(files, places), tf.gather(split.labels, places), places))

    return data.StreamSplit(len(split), read, "", attention=split.attention)


class Spy:
    """Stands where a mixer stands, and returns what it is given."""

    def __call__(self, images, labels, *, attention, seed):
        return images, (labels, attention)


def batches_of(split, augment, size, **options):
    still = data.Preprocessing((size, size), (0, 0, 0), (1, 1, 1), augment=augment, padding=3)
    return data.train_batches(split, still, batch_size=8, seed=3, mix=Spy(), **options).take(10)


@pytest.mark.parametrize("make", [lambda split: split, as_png], ids=["array", "stream"])
@pytest.mark.parametrize("augment", ["none", "flip", "crop_flip"])
def test_maps_follow_crops_and_flips_exactly(make, augment):
    """For a teacher that sees brightness, the moved map is the map of the moved picture, cell for cell."""
    teacher = Teacher(brightness())
    moved = 0
    for images, (labels, maps) in batches_of(make(bright_split()), augment, 14):
        live = teacher.maps(images)
        np.testing.assert_allclose(maps, live, rtol=1e-5, atol=1e-3)
        np.testing.assert_array_equal(cm.mixing.top_cells(tf.round(live * 4), tf.fill([8], 6)),
                                      cm.mixing.top_cells(tf.round(maps * 4), tf.fill([8], 6)))  # fmt: skip
        moved += (maps.numpy() != bright_split().attention[labels]).any(axis=(1, 2)).sum()
    assert (moved > 0) == (augment != "none")


@pytest.mark.parametrize("make", [lambda split: split, as_png], ids=["array", "stream"])
def test_maps_follow_resized_crops(make):
    """Resizing blends over the seams of cells in pictures and maps alike."""
    teacher = Teacher(brightness(28))
    for images, (_, maps) in batches_of(make(bright_split(size=56)), "flip", 28):
        np.testing.assert_allclose(maps, teacher.maps(images), atol=0.6)
    for images, (_, maps) in batches_of(make(bright_split(size=56)), "imagenet", 28, attend=None):
        assert images.shape == (8, 28, 28, 3)
        assert maps.shape == (8, 7, 7)


def test_maps_follow_random_resized_crops():
    split = bright_split(size=56)
    crops = data.random_resized_crops(split.images, (28, 28), (1, 2), split.attention).numpy()
    np.testing.assert_array_equal(crops[..., 3], crops[..., 0])
    encoded = [tf.io.encode_jpeg(image, quality=100).numpy() for image in split.images]
    crops = data.random_resized_crops(encoded, (28, 28), (1, 2), split.attention).numpy().astype(int)
    np.testing.assert_allclose(crops[..., 3], crops[..., 1], atol=4)


def test_live_maps_are_of_the_augmented_batch():
    teacher, split = Teacher(brightness()), bright_split()
    bare = data.ArraySplit(split.images, split.labels)
    for images, (_, maps) in batches_of(bare, "crop_flip", 14, attend=teacher.attend):
        np.testing.assert_array_equal(maps, teacher.maps(images))


def test_maps_without_a_mixer_are_refused():
    with pytest.raises(ValueError, match="Attention maps are for mixing"):
        data.train_batches(bright_split(), data.Preprocessing((14, 14), (0,) * 3, (1,) * 3), batch_size=4, seed=0)

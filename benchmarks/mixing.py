"""CutMix and MixUp of this package and of others: how fast they are, and how far labels are from pixels.

Ours, keras.layers, keras-cv, TensorFlow Model Garden, torchvision and timm, at α = 1. `pip install ".[bench]"` brings
them, and for Model Garden `pip install --no-deps tf-models-official`; what is not installed is left out.

- Speed: TensorFlow's in `Dataset.map` with two parallel calls, torch's called one by one on the same cores. CutMix of
  uint8, where a peer takes it, and MixUp of float32; square images and ones twice as wide as high; labels of 1,000
  classes; one-hot labels, for those that need them, are made beforehand. "cutmix_tf ÷ it" is how many times as fast
  ours is, with pair targets. The copy reads and writes each image once; XLA's call alone takes time, which small
  batches show.
- Label error: the share of the own label minus that of the own pixels, over thousands of images, where image i is
  painted with the value i. A label counts as right if it is so to 0.0001.
"""

import argparse
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from _label_error import painted, summary_of_errors
from _peers import PEERS, Peer, arrays_in_and_out
from _record import PACKAGES, comparison, first_line, new_record, read_settings, save_record, summary
from _timing import Windows, repeated, rotate, start_loop

FULL = {"rounds": 10, "seconds": 0.4, "images": 4096}
QUICK = {"rounds": 1, "seconds": 0.01, "images": 64}
BATCHES = {32: 256, 224: 64}
"""Examples in a batch, by the height of the images in pixels."""
METHODS = {"CutMix": "uint8", "MixUp": "float32"}
CLASSES = 1000
VERSIONS = (*PACKAGES, "keras-cv", "tf-models-official", "torch", "torchvision", "timm")


def noise(height: int, width: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """A batch of noise, and class ids."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (BATCHES[height], height, width, 3), dtype=np.uint8)
    return images.astype(dtype), chance.integers(0, CLASSES, len(images), dtype=np.int32)


def windows_of(peer: Peer, method: str, images: np.ndarray, ids: np.ndarray, seconds: float) -> Windows:
    """Something that mixes the batch again and again."""
    mix = peer.make(method, CLASSES)
    if peer.framework == "torch":
        return start_loop(torch_call(mix, images, ids), seconds)
    labels = tf.constant(ids) if peer.labels == "ids" else tf.one_hot(ids, CLASSES)
    return repeated(mix, (tf.constant(images), labels), seconds)


def torch_call(mix: Callable, images: np.ndarray, ids: np.ndarray) -> Callable[[], object]:
    """A call of a torch mixer; those that mix in place mix what they have mixed before."""
    import torch

    pixels, labels = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(ids).long()
    return lambda: mix(pixels, labels)


def copy_of(images, labels):
    """One pass over the batch that reads and writes every byte of the images."""
    return (tf.bitwise.invert(images) if images.dtype.is_integer else -images), labels


def measure(method: str, height: int, width: int, settings: argparse.Namespace) -> dict:
    """Speed and label error of all peers for one method and shape."""
    dtype = METHODS[method]
    images, ids = noise(height, width, dtype)
    element = tf.constant(images), tf.constant(ids)
    copies = {"copy": tf.function(copy_of), "copy, compiled by XLA": tf.function(copy_of, jit_compile=True)}
    streams: dict[str, Windows] = {name: repeated(copy, element, settings.seconds) for name, copy in copies.items()}
    rows: dict[str, dict] = {name: {"dtype": dtype} for name in copies}
    for name, peer in PEERS.items():
        needed = "float32" if peer.floats else dtype
        try:
            mix, batch = arrays_in_and_out(peer, method, len(images)), painted(len(images), height, width, needed)
            rows[name] = {"dtype": needed} | summary_of_errors(mix, batch, max(settings.images // len(images), 1))
            streams[name] = windows_of(peer, method, images.astype(needed), ids, settings.seconds)
        except ImportError:
            rows[name] = {"images/s": "not installed"}
        except Exception as error:  # that a peer fails is a result too
            rows[name] = {"images/s": f"fails: {first_line(error)}"}
    rates = rotate(streams, settings.rounds)
    for name, values in rates.items():
        speed = {"images/s": summary(len(images) * values)}
        if name != "cutmix_tf":
            speed["cutmix_tf ÷ it"] = summary(rates["cutmix_tf"] / values)
        rows[name] = speed | rows[name]
    return comparison(f"{method}: {height} × {width} px, batches of {len(images)}", rows)


def main() -> None:
    """Measures all shapes, prints and saves the record."""
    settings = read_settings(__doc__, FULL, QUICK)
    tf.config.set_visible_devices([], "GPU")  # input pipelines run on the CPU; the peers' layers would use a GPU
    record = new_record(settings, VERSIONS) | {"comparisons": []}
    for method in METHODS:
        for height, width in ((32, 64),) if settings.quick else ((32, 32), (32, 64), (224, 224), (224, 448)):
            record["comparisons"].append(measure(method, height, width, settings))
    if settings.save:
        save_record(record, settings.save)


if __name__ == "__main__":
    main()

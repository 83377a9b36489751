"""Images per second of our mixers in `Dataset.map`, of Keras' and keras-cv's, and of a copy of the batch.

Batches of uint8 images; integer labels for ours, one-hot labels of 1000 classes for the peers, which need them
(computed beforehand). The copy reads and writes every byte of the images once and passes the labels through: the limit
that memory sets for a new uint8 batch. MixUp returns float32, four times as many bytes; its limit is the cast. See
benchmarks/README.md for how we measure.
"""

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from _timing import Stream, environment, first_line, rotate, save_json, start, summary

import cutmix_tf

BATCHES = {32: 256, 224: 64, 384: 32}
"""Examples in a batch, by the height and width of the images in pixels."""
NUM_CLASSES = 1000
PACKAGES = ("tensorflow", "keras", "keras-cv", "numpy")


@dataclasses.dataclass(frozen=True)
class Candidate:
    """Something to time: how its map function is made, and whether it needs one-hot labels."""

    make: Callable[[], Callable]
    one_hot: bool = False


def copy() -> Callable:
    """One pass over the batch that reads and writes every byte."""
    return tf.function(lambda images, labels: (tf.bitwise.invert(images), labels))


def cast() -> Callable:
    """One pass over the batch that reads every byte and writes four bytes for each."""
    return tf.function(lambda images, labels: (tf.cast(images, tf.float32), labels))


def fft(images: tf.Tensor, labels: tf.Tensor) -> tuple:
    """What FMix can't do without, in floats: random amplitudes, and their transform; the batch is passed through."""
    batch, height, width, _ = tf.unstack(tf.shape(images))
    parts = tf.random.normal([2, batch, height, width // 2 + 1])
    return images, labels, tf.signal.irfft2d(tf.complex(parts[0], parts[1]), [height, width])


def with_maps(mixer: cutmix_tf.mixing.Mixer) -> Callable:
    """A mixer that gets random 7×7 attention maps, computed beforehand."""
    chance = np.random.default_rng(1)

    def mix(images, labels):
        maps = tf.constant(chance.integers(0, 256, (images.shape[0], 7, 7), dtype=np.uint8))
        return mixer(images, labels, attention=maps)

    return tf.autograph.experimental.do_not_convert(mix)


def keras_layer(name: str) -> Callable:
    """A Keras layer with its defaults."""
    return _on_dicts(getattr(keras.layers, name)())


def keras_cv_layer(name: str) -> Callable:
    """A keras-cv layer with its defaults."""
    import keras_cv  # here, because it is slow to import, noisy and optional

    return _on_dicts(getattr(keras_cv.layers, name)())


def _on_dicts(layer: Callable) -> Callable:
    return lambda images, labels: layer({"images": images, "labels": labels}, training=True)


CANDIDATES = {
    "copy": Candidate(copy),
    "cutmix_tf.CutMix": Candidate(cutmix_tf.CutMix),
    "keras.layers.CutMix": Candidate(lambda: keras_layer("CutMix"), one_hot=True),
    "keras_cv.layers.CutMix": Candidate(lambda: keras_cv_layer("CutMix"), one_hot=True),
    "cutmix_tf.FMix": Candidate(cutmix_tf.FMix),
    "FFT of FMix": Candidate(lambda: fft),
    "cutmix_tf.SaliencyMix": Candidate(cutmix_tf.SaliencyMix),
    "cutmix_tf.GridMix": Candidate(cutmix_tf.GridMix),
    "cutmix_tf.ResizeMix": Candidate(cutmix_tf.ResizeMix),
    "cutmix_tf.ObjectAware": Candidate(lambda: with_maps(cutmix_tf.ObjectAware(cutmix_tf.CutMix()))),
    "cast to float32": Candidate(cast),
    "cutmix_tf.MixUp": Candidate(cutmix_tf.MixUp),
    "keras.layers.MixUp": Candidate(lambda: keras_layer("MixUp"), one_hot=True),
}
PEERS = {
    "cutmix_tf.CutMix": ("copy", "keras.layers.CutMix", "keras_cv.layers.CutMix"),
    "cutmix_tf.FMix": ("copy", "FFT of FMix"),
    "cutmix_tf.SaliencyMix": ("copy", "cutmix_tf.CutMix"),
    "cutmix_tf.GridMix": ("copy", "cutmix_tf.CutMix"),
    "cutmix_tf.ResizeMix": ("copy", "cutmix_tf.CutMix"),
    "cutmix_tf.ObjectAware": ("copy", "cutmix_tf.CutMix"),
    "cutmix_tf.MixUp": ("copy", "cast to float32", "keras.layers.MixUp"),
}


def make_stream(candidate: Candidate, size: int, settings: argparse.Namespace) -> Stream:
    """The candidate mapped over an endless repetition of one batch."""
    batch, chance = BATCHES[size], np.random.default_rng(0)
    images = tf.constant(chance.integers(0, 256, (batch, size, size, 3), dtype=np.uint8))
    labels = tf.constant(chance.integers(0, NUM_CLASSES, batch, dtype=np.int32))
    if candidate.one_hot:
        labels = tf.one_hot(labels, NUM_CLASSES)
    dataset = tf.data.Dataset.from_tensors((images, labels)).repeat()
    mixed = dataset.map(candidate.make(), num_parallel_calls=settings.parallel_calls)
    return start(mixed, settings.seconds, settings.parallel_calls)


def measure(size: int, settings: argparse.Namespace) -> dict:
    """Measures all candidates at one size, round by round: images per second, and our ratios to the peers."""
    print(f"\n{size} px, batches of {BATCHES[size]}: warming up …", end="", flush=True)
    streams, failures = {}, {}
    for name, candidate in CANDIDATES.items():
        try:
            streams[name] = make_stream(candidate, size, settings)
        except Exception as error:  # that a peer fails is a result too
            failures[name] = f"fails: {first_line(error)}"
    print(f" {settings.rounds} rounds:", end="", flush=True)
    rates = {name: BATCHES[size] * values for name, values in rotate(streams, settings.rounds).items()}
    ratios = {
        ours: {peer: summary(rates[ours] / rates[peer]) for peer in peers if peer in rates}
        for ours, peers in PEERS.items()
        if ours in rates
    }
    speeds = {name: summary(rates[name]) if name in rates else failures[name] for name in CANDIDATES}
    return {"size": size, "batch": BATCHES[size], "images_per_second": speeds, "ratios": ratios}


def show(result: dict) -> None:
    """Prints the table of one size."""
    print(f"{'':24} {'images/s':>10}   quartiles")
    for name, speed in result["images_per_second"].items():
        print(f"{name:24} {speed if isinstance(speed, str) else _row(speed, ',.0f')}")
    for ours, ratios in result["ratios"].items():
        for peer, ratio in ratios.items():
            print(f"{ours} / {peer}: {_row(ratio, '.2f').strip()}")


def _row(values: dict[str, float], form: str) -> str:
    return f"{values['median']:>10{form}}   {values['lower_quartile']:{form}} – {values['upper_quartile']:{form}}"


def read_command_line() -> argparse.Namespace:
    """The settings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        choices=BATCHES,
        default=list(BATCHES),
        metavar="PX",
        help="image sizes, some of 32, 224 and 384 (default: all)",
    )
    parser.add_argument("--rounds", type=int, default=8, help="windows per candidate (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.4, help="length of a window (default: %(default)s)")
    parser.add_argument("--parallel-calls", type=int, default=2, help="parallel calls in map (default: %(default)s)")
    parser.add_argument("--save", type=Path, metavar="PATH", help="a file for the record, as JSON")
    return parser.parse_args()


def main() -> None:
    """Measures every size, prints the tables and saves the record."""
    settings = read_command_line()
    tf.config.set_visible_devices([], "GPU")  # input pipelines run on the CPU; the peers' layers would use a GPU
    record = {"benchmark": "mixing"} | environment(PACKAGES)
    record["settings"] = {name: value for name, value in vars(settings).items() if name != "save"}
    record["results"] = []
    for size in settings.sizes:
        record["results"].append(measure(size, settings))
        show(record["results"][-1])
    if settings.save:
        save_json(record, settings.save)


if __name__ == "__main__":
    main()

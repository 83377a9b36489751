"""A trained classifier as evaluation sees it: pixels from 0 to 255 in, logits out."""

import dataclasses
import functools
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from cutmix_tf import pipeline
from cutmix_tf.evaluation._batches import Counter, in_batches


class Head(NamedTuple):
    """The layers that make logits of a feature map: global average pooling and one dense layer.

    Attributes:
      features: The symbolic feature map (batch, rows, columns, channels).
      kernel: float32 (channels, classes).
      bias: float32 (classes,).
    """

    features: Any
    kernel: np.ndarray
    bias: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Network:
    """A model with the preprocessing it was trained with. Nothing here changes the model.

    Args:
      model: Functional, from normalized pictures to logits (batch, classes).
      preprocessing: The size of its pictures, and their mean and deviation.
      name: What reports call it.
      dataset: The set it was trained on, by its name in the catalogue; None if that is not known.
      progress: Counts the pictures that are computed; None for no display.

    Raises:
      ValueError: if the model does not take pictures of that size, or does not return one row of scores for each.
    """

    model: keras.Model
    preprocessing: pipeline.Preprocessing
    name: str = "network"
    dataset: str | None = None
    progress: Counter | None = None

    def __post_init__(self):
        outputs, size = self.model.output_shape, self.preprocessing.image_size
        if not isinstance(outputs, tuple) or len(outputs) != 2:
            raise ValueError(f"A classifier returns logits (batch, classes); {self.name} returns {outputs}.")
        taken = self.model.input_shape
        if len(taken) != 4 or taken[3] != 3 or any(known not in (None, side) for known, side in _pair(taken, size)):
            raise ValueError(f"{self.name} must take pictures (batch, {size[0]}, {size[1]}, 3); it takes {taken}.")

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.model.output_shape[1]

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Scores of pictures: float32 (n, classes).

        Args:
          images: (n, height, width, 3) of the network's size, any number dtype, pixels from 0 to 255.

        Raises:
          ValueError: if there are none, or they have another shape.
        """
        self.check_images(images)
        return in_batches(on_arrays(self.from_pixels), images, progress=self.progress)

    def check_images(self, images: np.ndarray) -> None:
        """Raises ValueError unless pictures are of the network's size, and there is at least one."""
        wanted = (*self.preprocessing.image_size, 3)
        if len(images) == 0 or images.shape[1:] != wanted:
            raise ValueError(f"{self.name} needs pictures (n, {str(wanted)[1:]}, n at least 1; got {images.shape}.")

    @functools.cached_property
    def from_pixels(self) -> keras.Model:
        """The network with normalization in front: pixels from 0 to 255 to logits, always in inference mode."""
        return FromPixels(self.model, self.preprocessing)

    @functools.cached_property
    def head(self) -> Head:
        """The last feature map and the dense layer behind its average.

        Raises:
          ValueError: if the network does not end in global average pooling and one linear dense layer.
        """
        dense = _producer(self.model, self.model.outputs[0])
        if isinstance(dense, keras.layers.Dense) and dense.activation is keras.activations.linear:
            pool = _producer(self.model, dense.input)
            if isinstance(pool, keras.layers.Dropout):
                pool = _producer(self.model, pool.input)
            if isinstance(pool, keras.layers.GlobalAveragePooling2D):
                kernel = np.asarray(ops.convert_to_numpy(dense.kernel), np.float32)
                bias = np.zeros(dense.units) if dense.bias is None else ops.convert_to_numpy(dense.bias)
                return Head(pool.input, kernel, np.asarray(bias, np.float32))
        raise ValueError(
            "A class-activation map needs a network that ends in global average pooling and one dense layer without "
            f"activation; {self.name} ends otherwise. Use grad_cam with the name of a layer."
        )

    def features(self, images: np.ndarray) -> np.ndarray:
        """The feature maps before global average pooling: float32 (n, rows, columns, channels). See `head`."""
        self.check_images(images)
        return in_batches(on_arrays(self.to_features), images, progress=self.progress)

    @functools.cached_property
    def to_features(self) -> keras.Model:
        """Pixels from 0 to 255 to the feature map of `head`."""
        return FromPixels(keras.Model(self.model.inputs, self.head.features), self.preprocessing)


class FromPixels(keras.Model):
    """A model that takes normalized pictures, with the normalization in front."""

    def __init__(self, body: keras.Model, preprocessing: pipeline.Preprocessing):
        super().__init__(dtype="float32")
        self.body = body
        self.mean = np.asarray(preprocessing.mean, np.float32)
        self.scale = 1 / np.asarray(preprocessing.std, np.float32)  # as `pipeline.normalize` computes
        self.built = True  # its layers are the body's, which are

    def call(self, images):
        """What the body gives, in inference mode."""
        return self.body((ops.cast(images, "float32") - self.mean) * self.scale, training=False)


def load_network(path: str | Path, *, dataset: str | None = None, progress: Counter | None = None) -> Network:
    """The network of a finished run, or of a `.keras` file. Runs no code that is stored with it.

    Args:
      path: A run's folder, whose final.keras is taken; or a file. Beside a run's preprocessing.json it is
        prepared as in that run, elsewhere it takes pixels from 0 to 255.
      dataset: The set it was trained on, where no config.json beside it says so.
      progress: As for `Network`.

    Raises:
      FileNotFoundError: if there is no such file or folder, or the run is not finished.
      ValueError: if a file of the run is damaged, the model needs code of its own, or is no classifier of pictures.
    """
    path = Path(path)
    file = path / "final.keras" if path.is_dir() else path
    _check_files(path, file)
    model, facts = _load_model(file), file.parent / "preprocessing.json"
    name = path.resolve().name if path.is_dir() else path.stem
    preprocessing = _as_trained(facts) if facts.is_file() else _as_pixels(model, file)
    config = file.parent / "config.json"
    if dataset is None and config.is_file():
        dataset = _read_json(config).get("dataset")
    return Network(model, preprocessing, name, dataset, progress)


def _check_files(path: Path, file: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(f"There is no run or .keras file at {str(path)!r}.")
    if not path.is_dir() and path.suffix != ".keras":
        raise ValueError(f"A run's folder or a .keras file is needed; got {str(path)!r}.")
    for needed in (path / "config.json", path / "preprocessing.json", file) if path.is_dir() else ():
        if not needed.is_file():
            what = "has not finished" if (path / "config.json").is_file() else "is no run"
            raise FileNotFoundError(f"{str(path)!r} {what}: {needed.name} is missing. Train it first.")


def _load_model(file: Path) -> keras.Model:
    try:
        return keras.saving.load_model(file, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"{str(file)!r} can't be read as a Keras model: {reason} Save it again.") from None


def _as_trained(file: Path) -> pipeline.Preprocessing:
    held: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in _read_json(file).items()
    }
    try:
        return pipeline.Preprocessing(**held)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{str(file)!r} is no preprocessing of a run: {error} Train the run again.") from None


def _as_pixels(model: keras.Model, file: Path) -> pipeline.Preprocessing:
    size = model.input_shape[1:3]
    if len(size) != 2 or None in size:
        raise ValueError(
            f"The size of its pictures must be known; {str(file)!r} takes {model.input_shape}. Put the run's "
            "preprocessing.json beside it."
        )
    return pipeline.Preprocessing(size, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def _read_json(file: Path) -> dict[str, Any]:
    try:
        held = json.loads(file.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{str(file)!r} is damaged: {error}. Train the run again.") from None
    if not isinstance(held, dict):
        raise ValueError(f"{str(file)!r} must hold settings by name; it holds {type(held).__name__}.")
    return held


def _producer(model: keras.Model, tensor: Any) -> Any:
    """The layer whose output a symbolic tensor is; None if it is the output of none."""
    return next((layer for layer in reversed(model.layers) if layer.output is tensor), None)


def on_arrays(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """A model as a function of arrays, which are always float32, so that it is compiled for one dtype only."""
    return lambda images: np.asarray(
        ops.convert_to_numpy(model.predict_on_batch(images.astype(np.float32))), np.float32
    )


def _pair(taken: tuple, size: tuple[int, int]) -> list[tuple]:
    return list(zip(taken[1:3], size, strict=True))

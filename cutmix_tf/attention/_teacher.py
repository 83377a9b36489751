"""Teachers: classifiers whose last feature map shows which parts of an image matter."""

import dataclasses
import functools
import hashlib
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf._arguments import NamedArguments
from cutmix_tf._checks import check_choice, check_whole
from cutmix_tf.attention._heat import HeatMap
from cutmix_tf.attention._source import load_model

Reading = Literal["mean", "cam"]


@dataclasses.dataclass(frozen=True)
class Teacher(NamedArguments):
    """A trained classifier whose attention guides mixing; its weights are frozen and it runs in inference mode.

    Its heat map is the mean over the channels of its last feature map, with negative means set to 0, averaged over the
    cells of `grid`. Images of another size are resized for the teacher only.

    The model is loaded at first use.

    Args:
      model: What to load, or a Keras model:
        a name in `keras.applications` such as "resnet50" or "mobilenet_v2", whose preprocessing is applied;
        the folder of a finished run, whose final model takes pixels from 0 to 255;
        a `.keras` file, or a model, that takes pixels from 0 to 255.
      weights: For a name: "imagenet" (downloaded by Keras), or a file of weights.
      layer: The layer whose output is the feature map; None for the last layer that has one.
      size: Height and width in pixels of the teacher's images; None for its input size, or 224 if that is open.
      reading: "mean" over channels; or "cam", the class-activation map of the class that the teacher predicts
        (Zhou et al. 2016), for models that end in global average pooling and one linear dense layer.
      grid: Rows and columns of the heat map; None for those of the feature map.

    Raises:
      ValueError, TypeError: for an unknown name or setting; when first used, if the model has no such layer or no
        feature map, or can't be read as asked.
      FileNotFoundError: when first used, if there is no such file or run.
      ConnectionError: when first used, if ImageNet weights can't be downloaded.

    Reference:
      Walawalkar et al., "Attentive CutMix", ICASSP 2020, https://arxiv.org/abs/2003.13048, Section 3. The paper
      does not say how channels become one map; their mean is our reading.
    """

    model: str | keras.Model
    weights: str = "imagenet"
    layer: str | None = None
    size: tuple[int, int] | None = None
    reading: Reading = "mean"
    grid: tuple[int, int] | None = (7, 7)

    def __post_init__(self):
        if not isinstance(self.model, str | keras.Model):
            raise TypeError(f"A teacher must be a name, a path or a Keras model; got {self.model!r}.")
        check_choice("reading", self.reading, ("mean", "cam"))
        for name in ("size", "grid"):
            sides = getattr(self, name)
            if sides is None:
                continue
            if not isinstance(sides, tuple | list) or len(sides) != 2:
                raise ValueError(f"{name} must be two whole numbers, height and width; got {sides!r}.")
            for side in sides:
                check_whole(name, side, low=1)
            object.__setattr__(self, name, tuple(sides))

    @functools.cached_property
    def _heat_map(self) -> HeatMap:
        model, prepare = load_model(self.model, self.weights)
        return HeatMap(model, prepare, layer=self.layer, size=self.size, reading=self.reading, grid=self.grid)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of its maps."""
        return self._heat_map.grid

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the images it looks at."""
        return self._heat_map.size

    def maps(self, images: Any) -> np.ndarray:
        """Heat maps of a batch: float32 (batch, rows, columns), at least 0.

        Args:
          images: (batch, height, width, 3), any dtype, pixels from 0 to 255.
        """
        return np.asarray(keras.ops.convert_to_numpy(self._heat_map.predict_on_batch(np.asarray(images))), np.float32)

    def attend(self, images: tf.Tensor) -> tf.Tensor:
        """Heat maps inside `Dataset.map`, computed by Keras' own backend; see `maps`."""
        with tf.init_scope():  # loads the model here, not inside the graph that calls it
            grid = self.shape
        maps = tf.numpy_function(self.maps, [images], tf.float32, stateful=False)
        return tf.ensure_shape(maps, [images.shape[0], *grid])

    @functools.cached_property
    def fingerprint(self) -> str:
        """A digest of weights and settings; teachers with the same one give the same maps."""
        digest = hashlib.sha256()
        for weight in self._heat_map.model.weights:
            value = keras.ops.convert_to_numpy(weight)
            digest.update(f"{value.dtype}{value.shape}".encode() + value.tobytes())
        settings = (self._heat_map.layer, self.input_size, self.reading, self.shape, self._heat_map.prepare.name)
        digest.update(repr(settings).encode())
        return digest.hexdigest()

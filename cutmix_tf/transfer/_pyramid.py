"""The feature maps of a classifier, at the strides that a detector wants, with the classifier's weights."""

import math

import keras

from cutmix_tf._checks import check_whole
from cutmix_tf.transfer._backbone import ends, trunk

LEVELS = ("P3", "P4", "P5")  # keras-cv's names, whatever the strides are
USUAL_STRIDE = 8  # of the finest level


@keras.saving.register_keras_serializable(package="cutmix_tf")
class FeaturePyramid(keras.Model):
    """Three feature maps of a model, each half as high and wide as the one before; what keras-cv calls a backbone.

    Args:
      model: A functional model from images to the three maps, finest first.
      stride: Pixels along a side of one cell of the finest map.

    Attributes:
      pyramid_level_inputs: The name of each level's layer, by keras-cv's name of the level.
    """

    def __init__(self, model: keras.Model, stride: int):
        super().__init__(model.inputs, model.outputs, name=model.name)
        self.stride = stride
        self.pyramid_level_inputs = dict(zip(LEVELS, model.output_names, strict=True))

    def get_config(self):
        """The constructor's arguments."""
        model = keras.Model(self.inputs, self.outputs, name=self.name)
        return {"model": keras.saving.serialize_keras_object(model), "stride": self.stride}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A pyramid of a new model."""
        return cls(keras.saving.deserialize_keras_object(config["model"], custom_objects), config["stride"])


def feature_pyramid(
    model: keras.Model, image_size: tuple[int, int], finest_stride: int | None = None
) -> FeaturePyramid:
    """A copy of a classifier without its head, for images of another size, that returns three levels of features.

    A level is the last feature map of its stride that the whole graph passes through: the end of a stage. Levels
    coarser than all maps of the model are made by max pooling. The copy has layers and weights of its own.

    Args:
      model: A functional model whose only input is a batch of images.
      image_size: Height and width of the images.
      finest_stride: Pixels along a side of one cell of the finest level, a power of 2 for which the model has a map.
        None for 8, or for the model's coarsest map if that is finer, as in a CIFAR ResNet.

    Raises:
      TypeError: if the model is not functional, or finest_stride is not an integer.
      ValueError: if the model has several inputs or no map of that stride, or the image size is not divisible by
        4 · finest_stride.
    """
    model_trunk = trunk(model, image_size)
    maps = _by_stride(model_trunk, image_size)
    stride = _choose_stride(finest_stride, maps, model.name)
    if any(side % (4 * stride) for side in image_size):
        near = tuple(math.ceil(side / (4 * stride)) * 4 * stride for side in image_size)
        raise ValueError(
            f"image_size must be divisible by {4 * stride}, the stride of the detector's third level; got "
            f"{tuple(image_size)}. Use {near}, or a smaller finest_stride."
        )
    levels = [maps[stride]]
    for name, factor in ((LEVELS[1], 2), (LEVELS[2], 4)):
        pool = keras.layers.MaxPooling2D(2, data_format="channels_last", name=f"pooled_{name.lower()}")
        levels.append(maps[factor * stride] if factor * stride in maps else pool(levels[-1]))
    return FeaturePyramid(keras.Model(model_trunk.inputs[0], levels, name=model.name), stride)


def _by_stride(model: keras.Model, image_size: tuple[int, int]) -> dict[int, keras.KerasTensor]:
    """The last feature map of each stride, a power of 2; the finest first."""
    height, width = image_size
    found = {}
    for x in ends(model).values():
        stride = height // x.shape[1]
        if stride & (stride - 1) == 0 and (x.shape[1] * stride, x.shape[2] * stride) == (height, width):
            found[stride] = x
    return dict(sorted(found.items()))


def _choose_stride(wanted: int | None, maps: dict[int, keras.KerasTensor], name: str) -> int:
    if not maps:
        raise ValueError(
            f"A detector needs feature maps that divide height and width by a power of 2; {name!r} has none for this "
            "image_size. Use sides that are divisible by 32."
        )
    if wanted is None:
        return max([stride for stride in maps if stride <= USUAL_STRIDE], default=min(maps))
    check_whole("finest_stride", wanted, low=1)
    if wanted not in maps:
        raise ValueError(
            f"finest_stride must be that of a feature map of {name!r}: {', '.join(map(str, maps))}; got {wanted}."
        )
    return wanted

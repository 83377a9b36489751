"""Backbones by name: what a finished run learned, or a model that starts at random."""

import hashlib
import zipfile
from pathlib import Path

import keras

from cutmix_tf import models, runs
from cutmix_tf._checks import did_you_mean
from cutmix_tf.datasets import FACTS
from cutmix_tf.models import MODELS, Stem
from cutmix_tf.transfer._config import Frozen


def load_backbone(name: str, image_size: tuple[int, int], *, stem: Stem = "auto") -> keras.Model:
    """A classifier that takes pixels in [0, 255], to be made into a detector or an encoder.

    Args:
      name: The folder of a finished run, whose last model is taken; a `.keras` file; or a model by name, such as
        resnet18, whose weights are random and which normalizes by the means of ImageNet. A name of the table is never
        taken for a folder: write ./resnet18 for a folder of that name.
      image_size: Height and width for a model by name. A stored model keeps its own.
      stem: For a model by name, as in `models.build`.

    Raises:
      FileNotFoundError: if there is no such file, folder or model, or the run has not finished.
      ValueError: if the file can't be read, or `stem` is given for a stored model.
    """
    if name in MODELS or name.startswith("wrn"):
        model = models.build(name, num_classes=2, input_shape=(*image_size, 3), stem=stem)
        return models.with_normalization(model, *FACTS["imagenet2012"][:2])
    if stem != "auto":
        raise ValueError(f"A stored backbone has its stem; got stem={stem!r} and backbone={name!r}. Leave out stem.")
    file = backbone_file(name)
    try:
        return keras.saving.load_model(file, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"{str(file)!r} can't be read as a Keras model: {reason} Save it again.") from error


def backbone_file(name: str) -> Path:
    """The file of a stored backbone. Raises as `load_backbone`."""
    path = Path(name)
    if path.is_dir():
        return runs.final_model(path)
    if not path.is_file() or path.suffix != ".keras":
        raise FileNotFoundError(
            f"A backbone is a run's folder, a .keras file or a model by name; got {name!r}.{did_you_mean(name, MODELS)}"
        )
    return path


def backbone_digest(name: str) -> str:
    """What identifies a backbone's weights: a digest of its file; "random" for a model by name."""
    if name in MODELS or name.startswith("wrn"):
        return "random"
    return hashlib.sha256(backbone_file(name).read_bytes()).hexdigest()


def trunk(model: keras.Model, image_size: tuple[int, int]) -> keras.Model:
    """A copy of a classifier up to its last feature map, for images of another size.

    The copy has layers and weights of its own.

    Args:
      model: A functional model whose only input is a batch of images.
      image_size: Height and width of the images.

    Raises:
      TypeError: if the model is not functional.
      ValueError: if it has several inputs or no feature maps.
    """
    if not getattr(model, "inputs", None):
        raise TypeError(f"A backbone must be a functional model; got {model!r}.")
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4:
        raise ValueError(f"A backbone takes images alone; {model.name!r} takes {model.input_shape}.")
    maps = ends(model)
    if not maps:
        raise ValueError(
            f"A backbone needs feature maps that the whole graph passes through; {model.name!r} has none. Use a "
            "convolutional model, such as resnet18."
        )
    whole = keras.Model(model.inputs[0], list(maps.values())[-1], name=model.name)
    copy = keras.models.clone_model(whole, keras.Input((*image_size, model.inputs[0].shape[-1]), name="images"))
    copy.set_weights(whole.get_weights())
    return copy


def ends(model: keras.Model) -> dict[str, keras.KerasTensor]:
    """The feature maps at which the graph can be cut, by the layer's name, except behind the dropout of a head."""
    dropout = keras.layers.Dropout
    return {name: x for name, x in models.cuts(model).items() if not isinstance(model.get_layer(name), dropout)}


def freeze(model: keras.Model, frozen: Frozen) -> None:
    """Keeps as they are: nothing, the weights and statistics of batch normalization, or the whole backbone."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            freeze(layer, frozen)
        elif frozen == "backbone" or (frozen == "batch_norm" and _normalizes(layer)):
            layer.trainable = False


def _normalizes(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)

"""Where teachers come from: applications of Keras by name, runs of one's own, and saved models."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras import applications, ops

from cutmix_tf._checks import did_you_mean


class Prepare(NamedTuple):
    """How pixels from 0 to 255 become what a network was trained on; the name goes into fingerprints."""

    name: str
    function: Callable[[Any], Any]


APPLICATIONS: dict[str, tuple[Callable[..., keras.Model], Any]] = {
    "densenet121": (applications.DenseNet121, applications.densenet),
    "densenet169": (applications.DenseNet169, applications.densenet),
    "densenet201": (applications.DenseNet201, applications.densenet),
    "efficientnet_b0": (applications.EfficientNetB0, applications.efficientnet),
    "mobilenet_v2": (applications.MobileNetV2, applications.mobilenet_v2),
    "resnet50": (applications.ResNet50, applications.resnet),
    "resnet101": (applications.ResNet101, applications.resnet),
    "resnet152": (applications.ResNet152, applications.resnet),
    "vgg16": (applications.VGG16, applications.vgg16),
}
"""Teachers by name: the network, and the module that prepares pixels for it."""

AS_THEY_ARE = Prepare("pixels from 0 to 255", lambda images: images)


def load_network(network: str | keras.Model, weights: str) -> tuple[keras.Model, Prepare]:
    """The network and how its pictures are prepared; see `Teacher`.

    Raises:
      FileNotFoundError: if there is no such file, run, or file of weights.
      ValueError: if nothing is called so.
    """
    if isinstance(network, keras.Model):
        return network, AS_THEY_ARE
    if network in APPLICATIONS:
        return _load_application(network, weights)
    path = Path(network)
    if path.is_dir():
        return _load_run(path)
    if path.suffix == ".keras":
        if not path.is_file():
            raise FileNotFoundError(f"There is no teacher at {network!r}.")
        return _load_file(path), AS_THEY_ARE
    raise ValueError(
        f"A teacher is one of {', '.join(APPLICATIONS)}, the folder of a run or a .keras file; got "
        f"{network!r}.{did_you_mean(network, APPLICATIONS)}"
    )


def _load_application(name: str, weights: str) -> tuple[keras.Model, Prepare]:
    make, module = APPLICATIONS[name]
    if weights != "imagenet" and not Path(weights).is_file():
        raise FileNotFoundError(f"There is no file of weights for {name} at {weights!r}.")
    return make(weights=weights), Prepare(name, module.preprocess_input)


def _load_run(folder: Path) -> tuple[keras.Model, Prepare]:
    """The last network of a finished run, with the mean and deviation that it was trained with."""
    file, facts = folder / "final.keras", folder / "preprocessing.json"
    for needed in (file, facts):
        if not needed.is_file():
            raise FileNotFoundError(f"{str(folder)!r} is no finished run: {needed.name} is missing. Train it first.")
    known = json.loads(facts.read_text())
    mean, std = (ops.convert_to_numpy(ops.array(known[key], "float32")) for key in ("mean", "std"))
    return _load_file(file), Prepare(f"mean {known['mean']}, std {known['std']}", lambda images: (images - mean) / std)


def _load_file(path: Path) -> keras.Model:
    return keras.saving.load_model(path, compile=False, safe_mode=True)

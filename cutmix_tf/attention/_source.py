"""Where teachers come from: models of keras.applications by name, finished runs, and saved models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras import applications

from cutmix_tf import runs
from cutmix_tf._checks import did_you_mean


class Prepare(NamedTuple):
    """How pixels from 0 to 255 become what a model was trained on; the name is part of fingerprints."""

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
"""Teachers by name: what builds the model, and the module that prepares pixels for it."""

AS_THEY_ARE = Prepare("pixels from 0 to 255", lambda images: images)


def load_model(source: str | keras.Model, weights: str) -> tuple[keras.Model, Prepare]:
    """A teacher's model, and how images are prepared for it; see `Teacher`.

    Raises:
      ValueError: if there is no teacher of that name, or a file holds something else.
      FileNotFoundError: if there is no such file, run, or file of weights.
      ConnectionError: if ImageNet weights can't be downloaded.
    """
    if isinstance(source, keras.Model):
        return source, AS_THEY_ARE
    if source in APPLICATIONS:
        return _load_application(source, weights)
    path = Path(source)
    if path.is_dir():
        return _load_file(runs.final_model(path)), AS_THEY_ARE
    if path.suffix == ".keras":
        if not path.is_file():
            raise FileNotFoundError(f"There is no teacher at {source!r}.")
        return _load_file(path), AS_THEY_ARE
    raise ValueError(
        f"A teacher must be one of {', '.join(APPLICATIONS)}, the folder of a run or a .keras file; got "
        f"{source!r}.{did_you_mean(source, APPLICATIONS)}"
    )


def _load_application(name: str, weights: str) -> tuple[keras.Model, Prepare]:
    make, module = APPLICATIONS[name]
    downloads = weights == "imagenet"
    if not downloads and not Path(weights).is_file():
        raise FileNotFoundError(f"There is no file of weights for {name} at {weights!r}.")
    try:
        model = make(weights=weights, classifier_activation=None)
    except Exception as error:  # a failed download raises no narrower class
        reason = str(error).strip().partition("\n")[0]
        if not downloads:
            raise ValueError(f"{weights!r} does not hold the weights of {name}: {reason}") from error
        raise ConnectionError(
            f"The ImageNet weights of {name} can't be downloaded: {reason} Download them on another machine and pass "
            f"Teacher({name!r}, weights=FILE), or use the folder of a run or a .keras file as the teacher."
        ) from error
    return model, Prepare(name, module.preprocess_input)


def _load_file(path: Path) -> keras.Model:
    return keras.saving.load_model(path, compile=False, safe_mode=True)

"""CutMix and MixUp of other libraries, each optional, and ours, in one form."""

import dataclasses
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

import cutmix_tf as cm


@dataclasses.dataclass(frozen=True)
class Peer:
    """A library's mixers, at α = 1 where there is an α, without label smoothing, mixing every batch.

    Attributes:
      make: From "CutMix" or "MixUp" and the number of classes to a function of images and labels.
      labels: What the function takes: "ids" or "one-hot".
      framework: "tensorflow", for functions of tensors that run in `Dataset.map`; or "torch", for functions of tensors
        (batch, channels, height, width) and ids that run eagerly.
      floats: Whether it needs floating images: Model Garden raises for others, and timm truncates λ to their dtype.
    """

    make: Callable[[str, int], Callable]
    labels: str = "one-hot"
    framework: str = "tensorflow"
    floats: bool = False


def _ours(method: str, classes: int) -> Callable:
    return getattr(cm, method)()


def _ours_soft(method: str, classes: int) -> Callable:
    return getattr(cm, method)(num_classes=classes)


def _keras(method: str, classes: int) -> Callable:
    return _of_dicts(getattr(keras.layers, method)())


def _keras_cv(method: str, classes: int) -> Callable:
    import keras_cv  # here, because it is slow to import, noisy and optional

    return _of_dicts(getattr(keras_cv.layers, method)())


def _of_dicts(layer: Callable) -> Callable:
    def mix(images, labels):
        mixed = layer({"images": images, "labels": labels}, training=True)
        return mixed["images"], mixed["labels"]

    return mix


def _model_garden(method: str, classes: int) -> Callable:
    augment = import_alone("official.vision.ops.augment", mocked=["official.vision.configs.common"])
    alphas = {"mixup_alpha": float(method == "MixUp"), "cutmix_alpha": float(method == "CutMix")}
    return augment.MixupAndCutmix(**alphas, label_smoothing=0.0, num_classes=classes)


def _torchvision(method: str, classes: int) -> Callable:
    _without_triton()
    from torchvision.transforms import v2

    return getattr(v2, method)(num_classes=classes)


def _timm(mode: str) -> Callable[[str, int], Callable]:
    def make(method: str, classes: int) -> Callable:
        _without_triton()
        alphas = {"mixup_alpha": float(method == "MixUp"), "cutmix_alpha": float(method == "CutMix")}
        mixup = import_alone("timm.data.mixup").Mixup
        return mixup(**alphas, mode=mode, label_smoothing=0.0, num_classes=classes)

    return make


PEERS = {
    "cutmix_tf": Peer(_ours, "ids"),
    "cutmix_tf, soft labels": Peer(_ours_soft, "ids"),
    "keras.layers": Peer(_keras),
    "keras_cv.layers": Peer(_keras_cv),
    "Model Garden": Peer(_model_garden, "ids", floats=True),
    "torchvision.transforms.v2": Peer(_torchvision, "ids", "torch"),
    "timm, mode=batch": Peer(_timm("batch"), "ids", "torch", floats=True),
    "timm, mode=elem": Peer(_timm("elem"), "ids", "torch", floats=True),
}


def arrays_in_and_out(peer: Peer, method: str, classes: int) -> Callable[[np.ndarray, np.ndarray], tuple]:
    """A peer's mixer as a function of arrays (batch, height, width, 3) and ids; soft labels come out."""
    mix = peer.make(method, classes)
    if peer.framework == "torch":
        return lambda images, ids: _with_torch(mix, images, ids)
    compiled = tf.function(mix, autograph=False)

    def mixed(images, ids):
        given = tf.constant(ids) if peer.labels == "ids" else tf.one_hot(ids, classes)
        images, labels = compiled(tf.constant(images), given)
        return images.numpy(), cm.targets.to_soft(labels, classes).numpy()

    return mixed


def _with_torch(mix: Callable, images: np.ndarray, ids: np.ndarray) -> tuple:
    import torch

    pixels = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))  # a copy, as some mix in place
    mixed, labels = mix(pixels, torch.from_numpy(ids).long())
    return mixed.numpy(), labels.numpy()


def import_alone(name: str, mocked: Sequence[str] = ()) -> Any:
    """A module of a package, without running the __init__ of the packages above it.

    Args:
      name: Of the module.
      mocked: Modules of the same package that it imports and doesn't need.

    Raises:
      ModuleNotFoundError: if the package is not installed.
    """
    top, *_ = packages = name.split(".")[:-1]
    spec = importlib.util.find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {top!r}")
    folder = Path(spec.submodule_search_locations[0])
    standing_in: dict[str, Any] = {each: mock.MagicMock() for each in mocked}
    standing_in |= {each.rpartition(".")[0]: mock.MagicMock(__path__=[]) for each in mocked}
    for depth in range(1, len(packages) + 1):
        package = types.ModuleType(".".join(packages[:depth]))
        package.__path__ = [str(folder.joinpath(*packages[1:depth]))]
        standing_in[package.__name__] = package
    before = {each: sys.modules[each] for each in standing_in if each in sys.modules}
    sys.modules.update(standing_in)
    try:
        return importlib.import_module(name)
    finally:
        for each in standing_in:
            del sys.modules[each]
        sys.modules.update(before)


def _without_triton() -> None:
    """Keeps Triton away, whose LLVM and TensorFlow's crash the process together; torch works without it."""
    sys.modules.setdefault("triton", None)  # pyright: ignore[reportArgumentType]

"""cutmix-tf doctor: is the installation complete, and does a config fit its data?"""

import dataclasses
import importlib.metadata
import sys

import keras

from cutmix_tf.cli._config import read_config
from cutmix_tf.diagnosis import Report, doctor
from cutmix_tf.distribution import find_devices
from cutmix_tf.models import TappedModel
from cutmix_tf.runs import measured_with
from cutmix_tf.training import TrainConfig, build_model, prepare

_ABOUT = (
    "Without a config, shows versions, devices and optional packages. With one, checks its first batches and its\n"
    "model, prints what is wrong, and exits with code 1 if there is an error. Writes nothing."
)
_OPTIONAL = {
    "tensorflow-datasets": "public datasets",
    "keras-cv": "DenseNet, EfficientNet, VGG and detectors",
    "tyro": "the command line",
    "matplotlib": "figures",
    "tensorboard": "TensorBoard's logs",
    "jax": "Keras on JAX",
    "torch": "Keras on PyTorch",
    "tf2onnx": "export to ONNX",
    "onnxruntime": "running ONNX models",
    "ai-edge-litert": "running LiteRT models",
}


def main(words: list[str], program: str) -> None:
    """Without words, describes the installation. With a config, checks it; exits with code 1 if there is an error."""
    if not words:
        print(installation())
        return
    if words[0] in ("-h", "--help"):
        print(f"usage: {program} [CONFIG] [overrides of the config]\n\n{_ABOUT}\n")  # the help of overrides follows
    report = examine(read_config(words, program))
    print(report)
    sys.exit(int(not report.ok))


def examine(config: TrainConfig) -> Report:
    """What is wrong with the training and evaluation batches of a config, and with its model.

    Raises:
      ValueError, TypeError, OSError, RuntimeError: as at the start of a training.
    """
    prepared = prepare(dataclasses.replace(config, attention="live"))  # which needs no cache
    model = build_model(prepared, find_devices("default"), None)
    if isinstance(model, TappedModel):
        prepared = dataclasses.replace(prepared, mixer=model.bind(prepared.mixer))
    return doctor(prepared.train_batches(), model, validation_data=prepared.eval_batches(config.judged_on))


def installation() -> str:
    """Versions, devices and optional packages, as lines. Nothing is written or downloaded."""
    facts = {name: value for name, value in measured_with().items() if value is not None}
    facts |= {"cutmix_tf": _version("cutmix_tf") or "not installed, imported from its folder"}
    facts["keras"] += f", images {keras.config.image_data_format()}"
    lines = [f"{name:<20}  {facts[name]}" for name in ("cutmix_tf", "python", "tensorflow", "keras")]
    lines += [f"{name:<20}  {facts[name]}" for name in ("devices", "machine")] + [""]
    for package, use in _OPTIONAL.items():
        lines.append(f"{package:<20}  {_version(package) or 'missing':<12}  for {use}")
    return "\n".join(lines)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None

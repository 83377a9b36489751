"""How long the papers' trainings would take on this machine: seconds of a few steps, times all steps of a config.

    TF_ENABLE_ONEDNN_OPTS=1 python benchmarks/hours.py [--quick] [--save]

Steps train the row's model in float32 on noise, in batches of at most `--batch` images; a model of several rows is
measured once. The input pipeline, evaluation and a teacher's maps are not included. Steps are not compiled by XLA,
which takes many minutes for the large models on a CPU and makes ResNet-50 no faster.
"""

import functools
import os
import runpy
import statistics
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from _record import comparison, new_record, read_settings, save_record

import cutmix_tf as cm
from cutmix_tf.training import TrainConfig

CONFIGS = Path(__file__).parents[1] / "configs"
FULL = {"steps": 3, "batch": 16}
QUICK = {"steps": 1, "batch": 2}
ROWS = {  # a row of a paper's table -> config, model, training images, pixels, images a batch
    "Walawalkar, Table 1: CIFAR-10, ResNet-18": ("attentive_cifar10", "resnet18", 50_000, 32, 16),
    "Walawalkar, Table 2: CIFAR-100, DenseNet-121": ("attentive_cifar100", "densenet121", 50_000, 32, 16),
    "Walawalkar, Table 3: ImageNet, ResNet-18": ("attentive_imagenet", "resnet18", 1_281_167, 224, 16),
    "Yun, Table 3: ImageNet, ResNet-50": ("cutmix_imagenet", "resnet50", 1_281_167, 224, 16),
    "Yun, Table 4: ImageNet, ResNeXt-101": ("cutmix_imagenet", "resnext101_32x4d", 1_281_167, 224, 2),
    "Yun, Table 5: CIFAR-100, PyramidNet-200": ("cutmix_cifar100", "pyramidnet200", 50_000, 32, 16),
    "Yun, Table 7: CIFAR-10, PyramidNet-200": ("cutmix_cifar10", "pyramidnet200", 50_000, 32, 16),
}
CLASSES = {32: 100, 224: 1000}  # by pixels


def main() -> None:
    """Measures each row, and prints hours."""
    settings = read_settings(__doc__, FULL, QUICK)
    record, rows = new_record(settings), {}
    for title, (name, model, count, side, batch) in ROWS.items():
        config = runpy.run_path(str(CONFIGS / f"{name}.py"))["config"]
        batch = min(settings.batch, batch)
        rate = batch / seconds_of_a_step(model, side, batch, settings.steps)
        hours = count * config.epochs / rate / 3600
        print(f"{title}: {rate:.3g} images/s", flush=True)
        rows[title] = {
            "images/s": float(f"{rate:.3g}"),
            "epochs": config.epochs,
            "hours": float(f"{hours:.3g}"),
            "command": command(name, config, model),
        }
    one_dnn = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "unset")
    record["comparisons"] = [comparison(f"Trainings of the papers, TF_ENABLE_ONEDNN_OPTS={one_dnn}", rows)]
    if settings.save:
        save_record(record, settings.save)


@functools.cache
def seconds_of_a_step(name: str, side: int, batch: int, steps: int) -> float:
    """The median time of a training step on noise, once it is traced."""
    keras.backend.clear_session()
    chance = np.random.default_rng(0)
    images = tf.constant(chance.normal(size=(batch, side, side, 3)).astype("float32"))
    labels = tf.constant(chance.integers(0, CLASSES[side], batch))
    model = cm.models.build(name, num_classes=CLASSES[side], input_shape=(side, side, 3))
    model.compile(keras.optimizers.SGD(0.1, 0.9), cm.MixedCrossentropy(), jit_compile=False)
    model.train_on_batch(images, labels)
    taken = []
    for _ in range(steps):
        begin = time.perf_counter()
        model.train_on_batch(images, labels)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def command(name: str, config: TrainConfig, model: str) -> str:
    """What trains that row."""
    return f"cutmix-tf train {name}" + ("" if model == config.model else f" --model {model}")


if __name__ == "__main__":
    main()

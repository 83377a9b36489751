"""How long the papers' trainings would take on this machine: seconds of a few steps, times all steps of a config.

    python benchmarks/hours.py [--quick] [--save]

Steps train the row's model in float32 on noise, with batches of at most `--batch` images. The input pipeline,
evaluation and a teacher's maps are not included.
"""

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
FULL = {"steps": 3, "batch": 64}
QUICK = {"steps": 1, "batch": 4}
ROWS = {  # a row of a paper's table -> config, model, training images, classes, pixels
    "Yun, Table 5: CIFAR-100, PyramidNet-200": ("cutmix_cifar100", "pyramidnet200", 50_000, 100, 32),
    "Yun, Table 7: CIFAR-10, PyramidNet-200": ("cutmix_cifar10", "pyramidnet200", 50_000, 10, 32),
    "Yun, Table 3: ImageNet, ResNet-50": ("cutmix_imagenet", "resnet50", 1_281_167, 1000, 224),
    "Yun, Table 4: ImageNet, ResNeXt-101": ("cutmix_imagenet", "resnext101_32x4d", 1_281_167, 1000, 224),
    "Walawalkar, Table 1: CIFAR-10, ResNet-18": ("attentive_cifar10", "resnet18", 50_000, 10, 32),
    "Walawalkar, Table 2: CIFAR-100, DenseNet-121": ("attentive_cifar100", "densenet121", 50_000, 100, 32),
    "Walawalkar, Table 3: ImageNet, ResNet-18": ("attentive_imagenet", "resnet18", 1_281_167, 1000, 224),
}


def main() -> None:
    """Measures each row, and prints hours."""
    settings = read_settings(__doc__, FULL, QUICK)
    record, rows = new_record(settings), {}
    for title, (name, model, count, classes, side) in ROWS.items():
        config = runpy.run_path(str(CONFIGS / f"{name}.py"))["config"]
        batch = min(settings.batch, config.batch_size)
        rate = batch / seconds_of_a_step(model, classes, side, batch, settings.steps)
        hours = count * config.epochs / rate / 3600
        rows[title] = {
            "images/s": float(f"{rate:.3g}"),
            "epochs": config.epochs,
            "hours": float(f"{hours:.3g}"),
            "command": command(name, config, model),
        }
    record["comparisons"] = [comparison("Trainings of the papers, on this machine", rows)]
    if settings.save:
        save_record(record, settings.save)


def seconds_of_a_step(name: str, classes: int, side: int, batch: int, steps: int) -> float:
    """The median time of a training step on noise, once it is traced."""
    keras.backend.clear_session()
    chance = np.random.default_rng(0)
    images = tf.constant(chance.normal(size=(batch, side, side, 3)).astype("float32"))
    labels = tf.constant(chance.integers(0, classes, batch))
    model = cm.models.build(name, num_classes=classes, input_shape=(side, side, 3))
    model.compile(keras.optimizers.SGD(0.1, 0.9), cm.MixedCrossentropy())
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

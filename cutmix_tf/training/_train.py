"""Training: the one place that wires data, mixing, model and loss together."""

import contextlib
import dataclasses
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf import data, models, pictures
from cutmix_tf._checks import look_up
from cutmix_tf.attention import cached_maps
from cutmix_tf.layers import LinearDropSchedule
from cutmix_tf.losses import MixedCrossentropy
from cutmix_tf.metrics import MixedAccuracy, MixedTopKAccuracy
from cutmix_tf.mixing import HiddenMixer, MixSchedule
from cutmix_tf.training._as_text import to_text
from cutmix_tf.training._callbacks import RunRecorder, StepWatcher
from cutmix_tf.training._checkpoints import Checkpoints, Progress
from cutmix_tf.training._config import TrainConfig
from cutmix_tf.training._optimizer import build_optimizer
from cutmix_tf.training._run_folder import RunFolder
from cutmix_tf.training._strategy import make_strategy

Model = keras.Model | Callable[[], keras.Model]


def train(config: TrainConfig, *, model: Model | None = None) -> dict[str, Any]:
    """Trains as the config says and fills the run's folder; goes on where a killed run's last epoch ended.

    Args:
      config: The run.
      model: Any Keras model that returns logits, instead of the one that the config names; or a function that
        builds it, which several replicas need.

    Returns:
      The summary, as in summary.json: the errors in percent of the last and of the best epoch, and what they
      were measured with.

    Raises:
      ValueError, TypeError, OSError: before the first step, for whatever does not fit: an unknown dataset,
        model or strategy, a data set that is not there, labels beyond the model's outputs, a folder that
        can't be written or holds another run.
    """
    run = Run(config, model=model)
    return run.fit()


class Run:
    """A training that has passed all checks and only needs to be carried out. See `train`."""

    def __init__(self, config: TrainConfig, *, model: Model | None = None):
        self.config = config
        if model is None:
            look_up(config.model, models.MODELS, "model")  # before a dataset is loaded
        strategy = make_strategy(config.strategy)
        self.images = data.load(config.dataset, data_dir=config.data_dir, download=config.download)
        self.preprocessing = preprocessing_of(config, self.images)
        self.steps_per_epoch = data.steps_per_epoch(self.images.train, config.batch_size)
        keras.utils.set_random_seed(config.seed)
        with _precision(config.precision), strategy.scope() if strategy else contextlib.nullcontext():
            replicas = strategy.num_replicas_in_sync if strategy else 1
            self.model = self._make(model, replicas)
            self._check_model()
            self.mix = config.mix
            if isinstance(config.mix, HiddenMixer):
                self.model = models.TappedModel(self.model, config.mix.taps)
                self.mix = self.model.bind(config.mix, replicas)
            self._compile()
        self.folder = RunFolder(config)
        self.folder.write_json("preprocessing.json", dataclasses.asdict(self.preprocessing))
        self.train_split = self._with_attention(self.images.train)

    def _make(self, model: Model | None, replicas: int) -> keras.Model:
        if isinstance(model, keras.Model):
            return model
        if model is not None:
            return model()
        config = self.config
        return models.build(
            config.model,
            num_classes=self.images.num_classes,
            input_shape=(*self.preprocessing.image_size, 3),
            stem=config.stem,
            regulariser=config.regulariser,
            last_stride=config.last_stride,
            sync_batch_norm=config.sync_batch_norm and replicas > 1,  # costs a pass, and alone changes nothing
        )

    def _check_model(self) -> None:
        outputs = self.model.output_shape
        if not isinstance(outputs, tuple) or len(outputs) != 2 or outputs[1] != self.images.num_classes:
            raise ValueError(
                f"{self.images.name} has {self.images.num_classes} classes, so the model must return logits "
                f"(batch, {self.images.num_classes}); {self.model.name!r} returns {outputs}."
            )

    def _compile(self) -> None:
        top_k = MixedTopKAccuracy(k=min(5, self.images.num_classes), name="top5")
        self.model.compile(
            optimizer=build_optimizer(self.config, self.steps_per_epoch),
            loss=MixedCrossentropy(label_smoothing=self.config.label_smoothing),
            metrics=[MixedAccuracy(), top_k],
        )
        self.model.optimizer.build(self.model.trainable_variables)  # now, so that a checkpoint can be loaded

    def train_batches(self, first_step: int = 0) -> tf.data.Dataset:
        """The run's mixed batches from that step on, without end."""
        config = self.config
        return data.train_batches(
            self.train_split,
            self.preprocessing,
            batch_size=config.batch_size,
            erase=config.erase,
            mix=self.mix,
            strength=self._strength() if config.mix_schedule else None,
            attend=config.teacher.attend if config.teacher and config.attention == "live" else None,
            seed=config.seed,
            first_step=first_step,
        )

    def _test_batches(self) -> tf.data.Dataset:
        return data.test_batches(self.images.test, self.preprocessing, batch_size=self.config.batch_size)

    def _strength(self) -> MixSchedule:
        return MixSchedule(self.config.mix_schedule, self.config.epochs * self.steps_per_epoch)

    def _with_attention(self, split: data.Split) -> data.Split:
        """The training examples, with the maps of a teacher that was asked beforehand."""
        config = self.config
        if config.teacher is None or config.attention == "live":
            return split
        return dataclasses.replace(split, attention=cached_maps(config.cache_path, split, config.teacher))

    def fit(self) -> dict[str, Any]:
        """Trains, evaluates after each epoch, and writes everything; returns the summary."""
        summary = self.folder.read_summary()
        if summary is not None:
            print(f"{self.folder.path} holds this run, finished. Remove it to train again.")
            return summary
        checkpoints = Checkpoints(self.folder.path / "checkpoints")
        progress = checkpoints.load(self.model)
        self._draw_mixes()
        began = time.perf_counter()
        callbacks = self._callbacks(checkpoints, progress)
        epoch, inside = divmod(progress.step, self.steps_per_epoch)
        if inside:
            self.model.evaluate(self._test_batches().take(1), verbose=0)  # builds the metrics, whose sums are taken up
            self._fit(progress, callbacks, epochs=epoch + 1, steps=self.steps_per_epoch - inside)
        if len(progress.history) < self.config.epochs:
            self._fit(progress, callbacks, epochs=self.config.epochs, steps=self.steps_per_epoch)
        return self._finish(progress, time.perf_counter() - began)

    def _callbacks(self, checkpoints: Checkpoints, progress: Progress) -> list[keras.callbacks.Callback]:
        """In the order in which they act: steps are counted before an epoch's row is made."""
        config, steps = self.config, self.steps_per_epoch
        callbacks = [
            StepWatcher(checkpoints, progress, steps, config.checkpoint_minutes, str(self.folder.path)),
            RunRecorder(self.folder, checkpoints, progress, steps, len(self.images.train)),
            keras.callbacks.TensorBoard(self.folder.path / "tensorboard"),
        ]
        return [*callbacks, LinearDropSchedule(config.epochs)] if config.drop_schedule == "linear" else callbacks

    def _fit(self, progress: Progress, callbacks: list[keras.callbacks.Callback], *, epochs: int, steps: int) -> None:
        """Trains on from where the run stands: the rest of an epoch that was broken off, or whole epochs."""
        self.model.fit(
            self.train_batches(progress.step),
            epochs=epochs,
            initial_epoch=len(progress.history),
            steps_per_epoch=steps,
            validation_data=self._test_batches(),
            callbacks=callbacks,
            shuffle=False,
            verbose=1 if sys.stdout.isatty() else 2,
        )

    def _draw_mixes(self) -> None:
        images, targets = next(iter(self.train_batches()))
        if isinstance(images, dict):
            return  # mixed inside the network
        pixels = images[:16] * self.preprocessing.std + self.preprocessing.mean
        figure = pictures.draw_mixes(pixels, targets[:16], self.images.class_names)
        figure.savefig(self.folder.path / "mixes.png", dpi=120)

    def _finish(self, progress: Progress, seconds: float) -> dict[str, Any]:
        self.folder.save_model(self.model, "final.keras")
        name = f"{self.config.dataset}, {self.config.model}, {to_text(self.config.mix)}"
        pictures.draw_curves({name: progress.history}).savefig(self.folder.path / "curves.png", dpi=120)
        summary = {**summarise(self.config, progress), "params": trainable_parameters(self.model)}
        summary |= {"seconds": round(seconds, 1), "measured_with": measured_with()}
        self.folder.write_json("summary.json", summary)
        return summary


def preprocessing_of(config: TrainConfig, images: data.ImageSet) -> data.Preprocessing:
    """The config's augmentation at its image size, or at the data set's own."""
    if config.image_size is not None:
        size = (config.image_size, config.image_size)
    elif isinstance(images.train, data.ArraySplit):
        size = images.train.images.shape[1:3]
    else:
        raise ValueError(f"Images of {images.name} have many sizes, so image_size is needed; got None. Try 224.")
    return data.Preprocessing(size, images.mean, images.std, config.augment, auto_augment=config.auto_augment)


@contextlib.contextmanager
def _precision(policy: str) -> Iterator[None]:
    """Keras' dtype policy while a model is built."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def summarise(config: TrainConfig, progress: Progress) -> dict[str, Any]:
    """What a run came to: errors in percent of the last epoch and of the best, which the test set picked."""
    last, best = progress.history[-1], min(progress.history, key=lambda row: row["test_top1_error"])
    rates = progress.rates
    return {
        "dataset": config.dataset,
        "model": config.model,
        "mix": to_text(config.mix),
        "seed": config.seed,
        "epochs": config.epochs,
        "top1_error_last": last["test_top1_error"],
        "top5_error_last": last["test_top5_error"],
        "top1_error_best": best["test_top1_error"],
        "best_epoch": best["epoch"],
        "train_top1_error_last": last["train_top1_error"],
        "train_images_per_second": float(np.median(rates[1:] or rates)),
    }


def trainable_parameters(model: keras.Model) -> int:
    """How many numbers training changes."""
    return int(sum(np.prod(weight.shape) for weight in model.trainable_weights))


def measured_with() -> dict[str, str | None]:
    """Versions, hardware and the commit, for whoever reads the numbers later."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "commit": git.stdout.strip() or None,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": f"{keras.__version__} on {keras.backend.backend()}",
        "devices": ", ".join(device.name for device in tf.config.list_logical_devices()),
        "machine": f"{platform.system()} {platform.machine()}",
    }

"""Training: the one place that wires data, mixing, model and loss together."""

import dataclasses
import shutil
import sys
import time
from typing import Any

import keras
import tensorflow as tf

from cutmix_tf import datasets, models, pipeline, plotting
from cutmix_tf.attention import cached_maps
from cutmix_tf.distribution._devices import Devices, find_devices
from cutmix_tf.distribution._workers import Workers, told_when_others_end
from cutmix_tf.layers import LinearDropSchedule
from cutmix_tf.mixing import MixSchedule
from cutmix_tf.runs._checkpoints import Checkpoints, Progress
from cutmix_tf.runs._run_folder import RunFolder
from cutmix_tf.runs._summary import measured_with, summarize, trainable_parameters
from cutmix_tf.training._as_text import to_text
from cutmix_tf.training._callbacks import Often, RunRecorder, StepWatcher
from cutmix_tf.training._config import TrainConfig
from cutmix_tf.training._inputs import load_images, preprocessing_of, told_when_input_fails
from cutmix_tf.training._network import Model, make_model


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
    """A training that has passed all checks and only needs to be carried out. See `train`.

    Attributes:
      history: The rows of history.csv so far, once `fit` has begun.
    """

    def __init__(self, config: TrainConfig, *, model: Model | None = None):
        self.config = config
        if model is None:
            models.architecture(config.model)  # before a dataset is loaded
        self.devices = find_devices(config.strategy)
        _check_batches(config, self.devices)
        self.images = load_images(config)
        self.preprocessing = preprocessing_of(config, self.images)
        self.steps_per_epoch = datasets.steps_per_epoch(
            self.images.train, config.batch_size, static_shapes=config.static_shapes
        )
        keras.utils.set_random_seed(config.seed)
        size = self.preprocessing.image_size
        self.model, self.mix = make_model(config, self.images, size, self.devices, self.steps_per_epoch, model)
        self.folder = RunFolder(config, is_chief=self.devices.is_chief)
        self.folder.write_json("preprocessing.json", dataclasses.asdict(self.preprocessing))
        self.folder.keep_data(self.images)
        self.history: list[dict[str, float]] = []
        self.train_split = self._with_attention(self.images.train)
        self._service = (
            pipeline.DataService(config.data_service, self.folder.home / "arrays") if config.data_service else None
        )

    @property
    def images_per_epoch(self) -> int:
        """Training examples that an epoch shows."""
        return min(self.steps_per_epoch * self.config.batch_size, len(self.images.train))

    def train_batches(self, first_step: int = 0, service: pipeline.DataService | None = None) -> tf.data.Dataset:
        """The run's mixed batches from that step on, without end; with a service, to the end of the epoch."""
        config = self.config
        return pipeline.train_batches(
            self.train_split,
            self.preprocessing,
            batch_size=config.batch_size,
            erase=config.erase,
            mix=self.mix,
            strength=self._strength() if config.mix_schedule else None,
            attend=config.teacher.attend if config.teacher and config.attention == "live" else None,
            seed=config.seed,
            first_step=first_step,
            static_shapes=config.static_shapes,
            service=service,
        )

    def _test_batches(self, split: str) -> tf.data.Dataset:
        batch_size, static_shapes = self.config.batch_size, self.config.static_shapes
        return pipeline.test_batches(
            self.images.splits[split], self.preprocessing, batch_size=batch_size, static_shapes=static_shapes
        )

    @property
    def judged_on(self) -> str:
        """The split that is evaluated during training."""
        return "test" if self.config.validation_split is None else "validation"

    def _strength(self) -> MixSchedule:
        return MixSchedule(self.config.mix_schedule, self.config.epochs * self.steps_per_epoch)

    def _with_attention(self, split: datasets.Split) -> datasets.Split:
        """The training examples, with the maps of a teacher that was asked beforehand."""
        config = self.config
        if config.teacher is None or config.attention == "live":
            return split
        if not self.devices.is_chief:
            self.devices.highest(0)  # the first worker makes them
        maps = cached_maps(config.cache_path, split, config.teacher)
        if self.devices.is_chief:
            self.devices.highest(0)
        return dataclasses.replace(split, attention=maps)

    def fit(self) -> dict[str, Any]:
        """Trains, evaluates after each epoch, and writes everything; returns the summary."""
        with (
            self.folder.locked(),
            told_when_others_end(),
            told_when_input_fails(self.config),
            self.devices.scope(),
        ):
            return self._fit_all()

    def _fit_all(self) -> dict[str, Any]:
        summary = self.folder.read_summary()
        if summary is not None:
            print(f"{self.folder.path} holds this run, finished. Remove it to train again.")
            return summary
        progress = Checkpoints(self.folder.home / "checkpoints").load(self.model)
        checkpoints = Checkpoints(self.folder.path / "checkpoints", self.config.checkpoints_kept)
        self._check_together(progress)
        self.history = progress.history
        self._draw_mixes()
        began = time.perf_counter()
        callbacks = self._callbacks(checkpoints, progress)
        if progress.step % self.steps_per_epoch:
            self.model.evaluate(
                self._test_batches(self.judged_on).take(1), verbose=0
            )  # builds the metrics, whose sums are taken up
        while len(progress.history) < self.config.epochs:
            self._fit(progress, callbacks)
        return self._finish(progress, time.perf_counter() - began)

    def _check_together(self, progress: Progress) -> None:
        """All workers must have loaded the same checkpoint: the folder lies on storage that they share."""
        last, first = self.devices.highest(progress.step), -self.devices.highest(-progress.step)
        if first != last:
            raise ValueError(
                f"All workers must go on from the same step; they have loaded steps {first} to {last}, this one "
                f"{progress.step}. Put run_dir, {str(self.folder.home)!r}, on storage that all machines share."
            )

    def _callbacks(self, checkpoints: Checkpoints, progress: Progress) -> list[keras.callbacks.Callback]:
        """In the order in which they act: steps are counted before an epoch's row is made."""
        config, steps = self.config, self.steps_per_epoch
        often = Often(config.checkpoint_minutes, config.checkpoint_steps)
        callbacks = [
            StepWatcher(checkpoints, progress, steps, often, str(self.folder.home), self.devices.highest),
            RunRecorder(self.folder, checkpoints, progress, steps, self.images_per_epoch, self.judged_on),
            keras.callbacks.TensorBoard(self.folder.path / "tensorboard"),
        ]
        return [*callbacks, LinearDropSchedule(config.epochs)] if config.drop_schedule == "linear" else callbacks

    def _fit(self, progress: Progress, callbacks: list[keras.callbacks.Callback]) -> None:
        """Trains to the end; for one epoch alone if it was broken off, or is the job of a data service."""
        done, inside = len(progress.history), progress.step % self.steps_per_epoch
        epochs, every = self.config.epochs, self.config.evaluate_every
        self.model.fit(
            self.train_batches(progress.step, self._service),
            epochs=done + 1 if inside or self._service else self.config.epochs,
            initial_epoch=done,
            steps_per_epoch=self.steps_per_epoch - inside,
            validation_data=self._test_batches(self.judged_on),
            validation_freq=sorted({*range(every, epochs + 1, every), epochs}),
            callbacks=callbacks,
            shuffle=False,
            verbose=0 if not self.devices.is_chief else 1 if sys.stdout.isatty() else 2,
        )

    def _test_at_the_end(self) -> dict[str, float]:
        """The test errors of the last and of the best network."""
        batches = self._test_batches("test")
        last = self.model.evaluate(batches, verbose=0, return_dict=True)
        best_network = keras.saving.load_model(self.folder.path / "best.keras", compile=False)
        network = self.model.base if isinstance(self.model, models.TappedModel) else self.model
        network.set_weights(best_network.get_weights())
        best = self.model.evaluate(batches, verbose=0, return_dict=True)
        return {
            "top1_error_last": 100 * (1 - last["accuracy"]),
            "top5_error_last": 100 * (1 - last["top5"]),
            "test_loss_last": last["loss"],
            "top1_error_best": 100 * (1 - best["accuracy"]),
        }

    def _draw_mixes(self) -> None:
        images, targets = next(iter(self.train_batches()))
        if isinstance(images, dict):
            return  # mixed inside the network
        pixels = images[:16] * self.preprocessing.std + self.preprocessing.mean
        figure = plotting.draw_mixes(pixels, targets[:16], self.images.class_names)
        figure.savefig(self.folder.path / "mixes.png", dpi=120)

    def _finish(self, progress: Progress, seconds: float) -> dict[str, Any]:
        self.folder.save_model(self.model, "final.keras")
        tested = {} if self.judged_on == "test" else self._test_at_the_end()
        name = f"{self.config.dataset}, {self.config.model}, {to_text(self.config.mix)}"
        plotting.draw_curves({name: progress.history}).savefig(self.folder.path / "curves.png", dpi=120)
        summary = {
            **summarize(self.config, progress, self.judged_on),
            **tested,
            "params": trainable_parameters(self.model),
        }
        summary |= {"seconds": round(seconds, 1), "measured_with": measured_with()}
        self.folder.write_json("summary.json", summary)
        shutil.rmtree(self.folder.path / "arrays", ignore_errors=True)  # a data service's
        self.devices.highest(0)  # a worker that ended early would be missed
        return summary


def _check_batches(config: TrainConfig, devices: Devices | Workers) -> None:
    """Raises ValueError unless the devices can share the config's batches."""
    if config.data_service and isinstance(devices, Workers):
        raise ValueError(
            f"Several workers share each batch, but a data service would give each its own; got data_service="
            f"{config.data_service!r}. Leave it out, or train on one machine."
        )
    if devices.static_shapes and not config.static_shapes:
        raise ValueError(f"strategy {config.strategy!r} needs batches of one shape; set static_shapes=True.")
    if config.static_shapes and config.batch_size % devices.replicas:
        raise ValueError(
            f"Batches are shared evenly by {devices.replicas} devices; got batch_size={config.batch_size}. Change it."
        )

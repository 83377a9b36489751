"""Carries out a prepared training: from the last checkpoint to the summary."""

import contextlib
import logging
import shutil
import sys
import time
from typing import Any

import keras
import tensorflow as tf

from cutmix_tf import pipeline, plotting
from cutmix_tf.diagnosis import doctor
from cutmix_tf.distribution import Devices
from cutmix_tf.inference import Classifier
from cutmix_tf.layers import LinearDropSchedule
from cutmix_tf.models import with_normalization
from cutmix_tf.runs import (
    Checkpoints,
    Progress,
    RunFolder,
    measured_with,
    save_model,
    summarize,
    test_scores,
    to_text,
    trainable_parameters,
    write_json,
)
from cutmix_tf.training._average import WeightAverage
from cutmix_tf.training._callbacks import EpochRecorder, Frequency, StepWatcher
from cutmix_tf.training._model import base_of
from cutmix_tf.training._prepare import Prepared

LOG = logging.getLogger("cutmix_tf")
DRAWN = 16  # images in mixes.png


class Fit:
    """One training of a compiled model in a run's folder.

    Args:
      prepared: The config and its data, with attention maps and a bound mixer.
      model: As `build_model` returns it.
      devices: Where it trains.
      folder: The run's.
      display: What shows the progress; None for the lines and bars of Keras.
    """

    def __init__(
        self,
        prepared: Prepared,
        model: keras.Model,
        devices: Devices,
        folder: RunFolder,
        display: keras.callbacks.Callback | None = None,
    ):
        self.prepared, self.model, self.devices, self.folder = prepared, model, devices, folder
        self.displays = [display] if display is not None and devices.is_chief else []
        preprocessing = prepared.preprocessing
        self.saved = with_normalization(base_of(model), preprocessing.mean, preprocessing.std)
        self.split = prepared.config.judged_on

    def run(self) -> dict[str, Any]:
        """Trains to the end, evaluates and writes everything; returns the summary."""
        config = self.prepared.config
        progress = Checkpoints(self.folder.home.checkpoints).load(self.model)
        self._check_same_step(progress)
        self._look_at_first_batch()
        began = time.perf_counter()
        if progress.step % self.prepared.steps_per_epoch:  # creates the metrics whose running sums are restored
            self.model.evaluate(self.prepared.eval_batches(self.split).take(1), verbose=0)
        average = None if config.ema is None else WeightAverage(self.model, config.ema, progress)
        in_place = contextlib.nullcontext if average is None else average.in_place
        watcher, *others = self._callbacks(progress, in_place)
        callbacks = [watcher, *others] if average is None else [average, watcher, *others]
        try:
            while len(progress.history) < config.epochs:
                self._fit(progress, callbacks)
        finally:
            watcher.on_train_end()
        with in_place():
            return self._finish(progress, time.perf_counter() - began)

    def _check_same_step(self, progress: Progress) -> None:
        """All workers must have loaded the same checkpoint: the folder must lie on storage that they share."""
        last, first = self.devices.maximum(progress.step), -self.devices.maximum(-progress.step)
        if first != last:
            raise ValueError(
                f"All workers must continue from the same step; they have loaded steps {first} to {last}, this one "
                f"{progress.step}. Put run_dir, {str(self.folder.home.folder)!r}, on storage that all machines share."
            )

    def _callbacks(self, progress: Progress, in_place: Any) -> list[keras.callbacks.Callback]:
        """In the order in which they act: steps are counted before an epoch's row is made."""
        config, steps = self.prepared.config, self.prepared.steps_per_epoch
        checkpoints = Checkpoints(self.folder.files.checkpoints, config.checkpoints_kept)
        watcher = StepWatcher(
            checkpoints,
            progress,
            steps_per_epoch=steps,
            frequency=Frequency(config.checkpoint_minutes, config.checkpoint_steps),
            run=str(self.folder.home.folder),
            maximum=self.devices.maximum,
        )
        recorder = EpochRecorder(
            self.folder,
            checkpoints,
            progress,
            model_to_save=self.saved,
            images_per_epoch=self.prepared.images_per_epoch,
            steps_per_epoch=steps,
            split=self.split,
            weights_to_save=in_place,
        )
        schedule = [LinearDropSchedule(config.epochs)] if config.drop_schedule == "linear" else []
        board = keras.callbacks.TensorBoard(self.folder.files.tensorboard)
        return [watcher, recorder, board, *schedule, *self.displays]

    def _fit(self, progress: Progress, callbacks: list[keras.callbacks.Callback]) -> None:
        """Trains to the end; only to the end of the epoch if one was broken off, or a data service makes batches."""
        config, steps = self.prepared.config, self.prepared.steps_per_epoch
        done, inside = len(progress.history), progress.step % steps
        source = self._source()
        self.model.fit(
            self.prepared.train_batches(progress.step, source),
            epochs=done + 1 if inside or source else config.epochs,
            initial_epoch=done,
            steps_per_epoch=steps - inside,
            validation_data=self.prepared.eval_batches(self.split),
            validation_freq=sorted({*range(0, config.epochs, config.evaluate_every), config.epochs} - {0}),
            callbacks=callbacks,
            shuffle=False,
            verbose=0 if self.displays or not self.devices.is_chief else 1 if sys.stdout.isatty() else 2,
        )

    def _source(self) -> Any:
        """Who makes the batches: None for this process."""
        address = self.prepared.config.data_service
        return None if address is None else pipeline.DataService(address, self.folder.home.arrays)

    def _look_at_first_batch(self) -> None:
        """Logs what seems wrong with it, and draws its mixed images."""
        images, targets = next(iter(self.prepared.train_batches()))
        for finding in doctor((images, targets)).findings:  # of the data; the model was compiled to fit
            LOG.warning("%s", finding)
        if isinstance(images, dict):
            return  # mixed inside the model
        preprocessing = self.prepared.preprocessing
        pixels = pipeline.denormalize(images[:DRAWN], preprocessing.mean, preprocessing.std)
        figure = plotting.draw_mixes(pixels, targets[:DRAWN], self.prepared.images.class_names)
        figure.savefig(self.folder.files.mixes, dpi=120)
        with tf.summary.create_file_writer(str(self.folder.files.tensorboard / "train")).as_default(step=0):
            tf.summary.image("mixed images", tf.io.decode_png(self.folder.files.mixes.read_bytes())[None])

    def _finish(self, progress: Progress, seconds: float) -> dict[str, Any]:
        """Saves the last model, as it was trained and as a classifier, and writes the summary."""
        config, files, resize_to = self.prepared.config, self.folder.files, self.prepared.preprocessing.resize_to
        save_model(self.saved, files.final_model)
        Classifier.from_logits(self.saved, self.prepared.images.class_names, resize_to=resize_to).save(files.classifier)
        mix = to_text(config.mix)
        title = f"{config.model} on {config.dataset}"
        plotting.draw_curves({mix: progress.history}, {mix: mix}, title=title).savefig(files.curves, dpi=120)
        summary = {
            **{name: getattr(config, name) for name in ("dataset", "model", "seed", "epochs")},
            "mix": mix,
            **summarize(progress, self.split),
            **({} if self.split == "test" else self._test()),
            "params": trainable_parameters(self.model),
            "seconds": round(seconds, 1),
            "measured_with": measured_with(),
        }
        write_json(files.summary, summary)
        shutil.rmtree(files.arrays, ignore_errors=True)
        self.devices.barrier()  # a worker that ended early would be missed
        return summary

    def _test(self) -> dict[str, float]:
        """The test scores of the last model, and of the one that was best on the validation split."""
        batches = self.prepared.eval_batches("test")
        last = self.model.evaluate(batches, verbose=0, return_dict=True)
        best_model = keras.saving.load_model(self.folder.files.best_model, compile=False)
        last_weights = self.saved.get_weights()
        self.saved.set_weights(best_model.get_weights())
        best = self.model.evaluate(batches, verbose=0, return_dict=True)
        self.saved.set_weights(last_weights)
        return {**test_scores("last", last), **test_scores("best", best)}

"""Checkpoints of a run at any step: written whole, verified when read; the newest intact one is loaded."""

import dataclasses
import hashlib
import json
import logging
import os
import shutil
from pathlib import Path

import keras
import numpy as np

LOG = logging.getLogger("cutmix_tf")


@dataclasses.dataclass
class Progress:
    """How far a run has come, apart from its weights and its optimizer.

    Attributes:
      step: Steps taken, over all epochs.
      history: The rows of the finished epochs.
      rates: Training images per second in each of them.
      metrics: The running sums of loss and metrics inside an epoch, as Keras lists them; empty between epochs.
      averages: The averages of all weights, as Keras lists them; empty if there are none.
    """

    step: int = 0
    history: list[dict[str, float]] = dataclasses.field(default_factory=list)
    rates: list[float] = dataclasses.field(default_factory=list)
    metrics: list[np.ndarray] = dataclasses.field(default_factory=list)
    averages: list[np.ndarray] = dataclasses.field(default_factory=list)


class Checkpoints:
    """The checkpoints `step-…` in a folder, of which the last `kept` stay."""

    def __init__(self, folder: Path, kept: int = 2):
        self.folder, self.kept = folder, kept

    def save(self, model: keras.Model, progress: Progress) -> None:
        """Saves weights, optimizer, the states of random generators, and progress.

        A folder is filled under another name and renamed once everything is on disk, so that whatever has a
        checkpoint's name is whole, whenever the process is killed.

        Raises:
          OSError: if it can't be written; earlier checkpoints are untouched.
        """
        finished, temporary = self.folder / f"step-{progress.step:09d}", self.folder / ".unfinished"
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            self._fill(temporary, model, progress)
            shutil.rmtree(finished, ignore_errors=True)
            os.replace(temporary, finished)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            last = self.names()[-1:] or ["none"]
            raise OSError(
                f"The checkpoint of step {progress.step} can't be written in {str(self.folder)!r}: {error}. The last "
                f"one, {last[0]}, is intact. Free some disk space, and run the same command again."
            ) from error
        for older in self.names()[: -self.kept]:
            shutil.rmtree(self.folder / older)

    def _fill(self, folder: Path, model: keras.Model, progress: Progress) -> None:
        model.save_weights(folder / "state.weights.h5")
        np.savez(folder / "random.npz", *map(np.array, _random_states(model)))
        np.savez(folder / "metrics.npz", *progress.metrics)
        np.savez(folder / "averages.npz", *progress.averages)
        values = {"step": progress.step, "history": progress.history, "rates": progress.rates}
        (folder / "progress.json").write_text(json.dumps(values))
        digests = {file.name: _digest(file) for file in sorted(folder.iterdir())}
        (folder / "digests.json").write_text(json.dumps(digests))
        for file in folder.iterdir():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())

    def load(self, model: keras.Model) -> Progress:
        """Loads the newest intact checkpoint into a built and compiled model, and warns of damaged ones.

        Returns:
          Its progress; that of a run that has not begun if there is no checkpoint.

        Raises:
          ValueError: if there are checkpoints, but all are damaged.
        """
        names = self.names()
        for name in reversed(names):
            damage = self._damage(self.folder / name)
            if damage is None:
                return self._read(self.folder / name, model)
            LOG.warning("Skipping checkpoint %s: %s", name, damage)
        if names:
            raise ValueError(
                f"All checkpoints in {str(self.folder)!r} are damaged. Remove the run's folder, and train again."
            )
        return Progress()

    def names(self) -> list[str]:
        """The names of the checkpoints, oldest first."""
        return sorted(path.name for path in self.folder.glob("step-*"))

    def _damage(self, folder: Path) -> str | None:
        """What is wrong with a checkpoint; None if nothing is."""
        try:
            digests = json.loads((folder / "digests.json").read_text())
            for name, digest in digests.items():
                if _digest(folder / name) != digest:
                    return f"{name} is damaged"
        except (OSError, ValueError) as error:
            return f"it is incomplete ({error})"
        return None

    def _read(self, folder: Path, model: keras.Model) -> Progress:
        model.load_weights(folder / "state.weights.h5")
        for variable, state in zip(_random_states(model), _arrays(folder / "random.npz"), strict=True):
            variable.assign(state)
        metrics, averages = _arrays(folder / "metrics.npz"), _arrays(folder / "averages.npz")
        return Progress(**json.loads((folder / "progress.json").read_text()), metrics=metrics, averages=averages)


def _random_states(model: keras.Model) -> list[keras.Variable]:
    """The states of the random generators of all layers, such as Dropout's; Keras saves weights without them."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _arrays(file: Path) -> list[np.ndarray]:
    """What `numpy.savez(file, *arrays)` wrote."""
    with np.load(file, allow_pickle=False) as arrays:
        return [arrays[name] for name in arrays.files]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()

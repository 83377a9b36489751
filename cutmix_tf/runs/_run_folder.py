"""The folder of a run: its config, its history, its networks; written whole or not at all."""

import contextlib
import csv
import dataclasses
import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import keras

from cutmix_tf import datasets
from cutmix_tf._checks import did_you_mean
from cutmix_tf.models import TappedModel
from cutmix_tf.training._as_text import mixer_from_text, regularizer_from_text, teacher_from_text, to_text
from cutmix_tf.training._config import TrainConfig

_PLACES = (
    "run_dir", "data_dir", "download", "data_service", "attention_cache",
    "checkpoint_minutes", "checkpoint_steps", "checkpoints_kept",
)  # fmt: skip
"""Settings that say where things are and how often they are kept, not what is trained."""


def config_to_json(config: TrainConfig) -> dict[str, Any]:
    """The settings as plain values, mixer and teacher as text."""
    settings = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    texts = {name: to_text(settings[name]) for name in ("mix", "erase", "teacher", "regularizer")}
    # through JSON, so that tuples are the lists that a file gives back
    return json.loads(json.dumps({**settings, **texts}))


def config_from_json(settings: dict[str, Any]) -> TrainConfig:
    """The config of a run's config.json; runs no code.

    Raises:
      TypeError, ValueError: if it holds settings that there aren't, or values out of their range.
    """
    if not isinstance(settings, dict):
        raise TypeError(f"A config is read from settings by name; got {type(settings).__name__}.")
    fields = {field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(TrainConfig)}
    for name in settings:
        if name not in fields:
            raise TypeError(f"TrainConfig does not have {name!r}.{did_you_mean(str(name), fields)} Leave it out.")
    missing = [name for name, needed in fields.items() if needed and name not in settings]
    if missing:
        raise TypeError(f"TrainConfig needs {', '.join(missing)}; got {', '.join(settings) or 'nothing'}.")
    read = {"mix": mixer_from_text, "erase": mixer_from_text, "teacher": teacher_from_text}
    read["regularizer"] = regularizer_from_text
    return TrainConfig(**{name: read[name](value) if name in read else value for name, value in settings.items()})


class RunFolder:
    """One run's files. Opening a folder that holds this very run goes on with it.

    Args:
      config: The run's settings; `run_dir` names the folder, which is made if it is not there.
      is_chief: Whether this process keeps what it writes. Workers after the first must save when the first does, since
        some variables are read by all together, but into a folder that is thrown away.

    Attributes:
      home: The run's folder.
      path: Where this process writes: there, or into the folder that is thrown away.

    Raises:
      FileExistsError: if the folder holds something else, or another config; says which settings differ.
      PermissionError, NotADirectoryError, OSError: if it cannot be written.
    """

    def __init__(self, config: TrainConfig, *, is_chief: bool = True):
        if config.run_dir is None:
            raise ValueError("A run needs a folder; got run_dir=None. Set run_dir, for example to 'runs/first'.")
        self._thrown_away = None if is_chief else tempfile.TemporaryDirectory()
        self.home = Path(config.run_dir)
        self.path = self.home if self._thrown_away is None else Path(self._thrown_away.name)
        self._make()
        self._claim(config_to_json(config))

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / ".writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise type(error)(f"The run's folder {str(self.path)!r} can't be written: {error.strerror}.") from None

    def _claim(self, settings: dict[str, Any]) -> None:
        file = self.path / "config.json"
        if not file.exists():
            others = sorted(item.name for item in self.path.iterdir())
            if others:
                raise FileExistsError(
                    f"{str(self.path)!r} holds {', '.join(others[:3])} but no run. Choose another --run-dir."
                )
        else:
            usual = {field.name: field.default for field in dataclasses.fields(TrainConfig)}
            held = {**usual, **json.loads(file.read_text())}  # settings that there were not yet are as usual
            differ = [name for name in settings if name not in _PLACES and held.get(name) != settings[name]]
            if differ:
                told = "; ".join(f"{name} is {held.get(name)!r} there, {settings[name]!r} here" for name in differ)
                raise FileExistsError(
                    f"{str(self.path)!r} holds a run of another config: {told}. Choose another --run-dir, or "
                    "remove that folder."
                )
        self.write_json("config.json", settings)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from training this run meanwhile.

        Raises:
          FileExistsError: if another one does.
        """
        lock = filelock.FileLock(self.path / ".lock")
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            raise FileExistsError(
                f"Another process trains the run in {str(self.path)!r}. Wait for its end, or choose another --run-dir."
            ) from None
        try:
            yield
        finally:
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)

    def keep_data(self, images: datasets.ImageSet) -> None:
        """Writes what tells the data apart from other data.

        Raises:
          ValueError: if the folder's run was trained with other data; says which part changed.
        """
        file = self.home / "data.json"
        if file.exists():
            images.check_unchanged(json.loads(file.read_text()))
        self.write_json("data.json", images.fingerprints)

    def write_json(self, name: str, content: Any) -> None:
        """Writes a JSON file atomically."""
        self._write(name, json.dumps(content, indent=2) + "\n")

    def read_summary(self) -> dict[str, Any] | None:
        """The summary of a finished run; None while it is not finished."""
        file = self.home / "summary.json"
        return json.loads(file.read_text()) if file.exists() else None

    def write_history(self, history: list[dict[str, float]]) -> None:
        """Writes history.csv, a row an epoch, atomically."""
        text = io.StringIO()
        names = max(history, key=len)  # epochs without an evaluation have empty cells
        writer = csv.DictWriter(text, fieldnames=list(names))
        writer.writeheader()
        writer.writerows(history)
        self._write("history.csv", text.getvalue())

    def _write(self, name: str, text: str) -> None:
        temporary = self.path / f".{name}.tmp"
        temporary.write_text(text)
        os.replace(temporary, self.path / name)

    def save_model(self, model: keras.Model, name: str) -> None:
        """Saves the network alone, so that `keras.saving.load_model` needs no code of ours. Atomic."""
        temporary = self.path / f".tmp.{name}"
        model = model.base if isinstance(model, TappedModel) else model
        keras.Model(model.inputs, model.outputs, name=model.name).save(temporary)
        os.replace(temporary, self.path / name)

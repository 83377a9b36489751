"""A run's folder as its training uses it: claimed by one config, locked by one process, every file written whole."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import filelock
import keras

from cutmix_tf.runs._files import RunFiles, read_json
from cutmix_tf.runs._history import Row, history_to_csv
from cutmix_tf.runs._settings import changed_settings, config_to_json


class RunFolder:
    """One run's files, to be written. Opening a folder that holds this very run continues it.

    Args:
      config: The run's settings, a dataclass; its `run_dir` names the folder, which is made if it is missing.
      is_chief: Whether this process keeps what it writes. Workers after the first must save whenever the first does,
        since some variables are read by all of them together, but they save to a temporary folder.

    Attributes:
      home: The run's files, to be read.
      files: The files that this process writes: the same, or those of the temporary folder.

    Raises:
      ValueError: if `run_dir` is None.
      FileExistsError: if the folder holds something else, or a run of another config; says which settings differ.
      OSError: if the folder can't be written.
    """

    def __init__(self, config: Any, *, is_chief: bool = True):
        if config.run_dir is None:
            raise ValueError("A run needs a folder; got run_dir=None. Set run_dir, for example to 'runs/first'.")
        self.home = RunFiles(Path(config.run_dir))
        self._temporary = None if is_chief else tempfile.TemporaryDirectory()
        self.files = self.home if self._temporary is None else RunFiles(Path(self._temporary.name))
        _make_writable(self.files.folder)
        self._claim(config)

    def _claim(self, config: Any) -> None:
        settings, folder = config_to_json(config), str(self.files.folder)
        if self.files.config.exists():
            held = read_json(self.files.config)
            if changed := changed_settings(type(config), held, settings):
                differences = "; ".join(
                    f"{name} is {held.get(name)!r} there, {settings[name]!r} here" for name in changed
                )
                raise FileExistsError(
                    f"{folder!r} holds a run of another config: {differences}. Choose another --run-dir, or remove "
                    "that folder."
                )
        elif others := sorted(item.name for item in self.files.folder.iterdir() if item != self.files.lock):
            raise FileExistsError(f"{folder!r} holds {', '.join(others[:3])} but no run. Choose another --run-dir.")
        write_json(self.files.config, settings)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from training this run inside the context.

        At the end the lock file stays, since another process may hold it already, and a temporary folder is removed.

        Raises:
          FileExistsError: if another process is training it.
        """
        lock = filelock.FileLock(self.files.lock)
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            raise FileExistsError(
                f"Another process is already training the run in {str(self.files.folder)!r}. Wait until it ends, or "
                "choose another --run-dir."
            ) from None
        try:
            yield
        finally:
            lock.release()
            if self._temporary is not None:
                self._temporary.cleanup()

    def keep_data(self, fingerprints: Mapping[str, str]) -> None:
        """Writes the digests of the data, by part, the first time. Afterwards raises as `check_same_data`."""
        check_same_data(self.home, fingerprints)
        write_json(self.files.data, dict(fingerprints))

    def read_summary(self) -> dict[str, Any] | None:
        """The summary of a finished run; None until it is finished."""
        return read_json(self.home.summary) if self.home.summary.exists() else None

    def write_history(self, history: Sequence[Row]) -> None:
        """Writes a row for each epoch."""
        write_text(self.files.history, history_to_csv(history))


def check_same_data(run: RunFiles, fingerprints: Mapping[str, str]) -> None:
    """Raises ValueError if a run was started with other data; says which part changed."""
    if not run.data.exists():
        return
    held = read_json(run.data)
    changed = [name for name in {**held, **fingerprints} if held.get(name) != fingerprints.get(name)]
    if changed:
        raise ValueError(
            f"The data has changed since this run started: {', '.join(changed)}. Restore it, or choose another "
            "--run-dir to train on the data as it is now."
        )


def save_model(model: keras.Model, file: Path) -> None:
    """Saves a model, whole or not at all."""
    temporary = file.with_name(f".tmp.{file.name}")
    model.save(temporary)
    os.replace(temporary, file)


def write_json(file: Path, content: Any) -> None:
    """Writes JSON, whole or not at all.

    Raises:
      ValueError: if a number is not finite, which JSON can't hold.
    """
    write_text(file, json.dumps(content, indent=2, allow_nan=False) + "\n")


def write_text(file: Path, text: str) -> None:
    """Writes a text file, whole or not at all."""
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.write_text(text)
    os.replace(temporary, file)


def _make_writable(folder: Path) -> None:
    """Makes the folder if it is missing. Raises OSError, of the kind that it was, if it can't be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise type(error)(f"The run's folder {str(folder)!r} can't be written: {error.strerror}.") from None

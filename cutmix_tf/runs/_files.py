"""What the files of a run are called, and what reading them gives."""

import dataclasses
import json
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True)
class RunFiles:
    """The paths in a run's folder; nothing is read or made.

    Args:
      folder: The run's folder.
    """

    folder: Path

    def __post_init__(self):
        object.__setattr__(self, "folder", Path(self.folder))

    @property
    def config(self) -> Path:
        """The settings of the run, as JSON."""
        return self.folder / "config.json"

    @property
    def data(self) -> Path:
        """Digests of the data it was trained on."""
        return self.folder / "data.json"

    @property
    def preprocessing(self) -> Path:
        """How images were resized, augmented and normalized."""
        return self.folder / "preprocessing.json"

    @property
    def taps(self) -> Path:
        """Where in the model features were mixed, if they were."""
        return self.folder / "taps.json"

    @property
    def history(self) -> Path:
        """A row for each epoch."""
        return self.folder / "history.csv"

    @property
    def summary(self) -> Path:
        """What a finished run came to; missing until then."""
        return self.folder / "summary.json"

    @property
    def final_model(self) -> Path:
        """The model after the last epoch: pixels from 0 to 255 in, logits out."""
        return self.folder / "final.keras"

    @property
    def best_model(self) -> Path:
        """The model of the epoch with the smallest error, like `final_model`."""
        return self.folder / "best.keras"

    @property
    def classifier(self) -> Path:
        """The last model with everything around it: images of any size in, probabilities out; holds the names."""
        return self.folder / "classifier.keras"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints to resume from."""
        return self.folder / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        """The folder of TensorBoard's logs."""
        return self.folder / "tensorboard"

    @property
    def arrays(self) -> Path:
        """The folder of arrays for a data service's workers; removed at the end."""
        return self.folder / "arrays"

    @property
    def mixes(self) -> Path:
        """A figure of mixed training images."""
        return self.folder / "mixes.png"

    @property
    def curves(self) -> Path:
        """A figure of the errors by epoch."""
        return self.folder / "curves.png"

    @property
    def lock(self) -> Path:
        """Held by the process that trains the run; stays there afterwards."""
        return self.folder / ".lock"

    @property
    def evaluation(self) -> Path:
        """The results of `evaluate`."""
        return self.folder / "evaluation.json"

    @property
    def evaluation_figure(self) -> Path:
        """The results of `evaluate` as a figure."""
        return self.folder / "evaluation.png"

    @property
    def cams(self) -> Path:
        """A figure of class-activation maps."""
        return self.folder / "cams.png"


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in a file of a run.

    Raises:
      FileNotFoundError: if the file is missing.
      ValueError: if it is damaged.
    """
    try:
        content = json.loads(file.read_text())
    except FileNotFoundError:
        raise FileNotFoundError(f"{str(file.parent)!r} is not a run: {file.name} is missing. Train it first.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{str(file)!r} is damaged: {error}. Train the run again.") from None
    if not isinstance(content, dict):
        raise ValueError(f"{str(file)!r} must hold a JSON object; it holds a {type(content).__name__}.")
    return content


def read_settings(folder: str | Path) -> dict[str, Any]:
    """The content of a run's config.json. Raises as `read_json`."""
    return read_json(RunFiles(Path(folder)).config)


def read_preprocessing(folder: str | Path) -> dict[str, Any]:
    """The content of a run's preprocessing.json, with tuples for lists. Raises as `read_json`."""
    content = read_json(RunFiles(Path(folder)).preprocessing)
    return {key: tuple(value) if isinstance(value, list) else value for key, value in content.items()}


def final_model(folder: str | Path) -> Path:
    """The path of a finished run's last model.

    Raises:
      FileNotFoundError: if the folder is not a run, or the run has not finished.
    """
    files = RunFiles(Path(folder))
    if not files.final_model.is_file():
        state = "has not finished" if files.config.is_file() else "is not a run"
        raise FileNotFoundError(f"{str(folder)!r} {state}: {files.final_model.name} is missing. Train it first.")
    return files.final_model

"""The history of a run: a row of losses and errors for each epoch, and the epochs on which a model was judged."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

Row = dict[str, float]


def row_of(epoch: int, logs: Mapping[str, float], split: str, learning_rate: float) -> Row:
    """Keras' logs of an epoch as a row: losses, and errors in percent.

    Args:
      epoch: Counted from 1.
      logs: As Keras gives them to callbacks; without `val_` entries where the epoch was not evaluated.
      split: What the model is evaluated on while it trains: "test" or "validation".
      learning_rate: At the end of the epoch.
    """
    row = {"epoch": epoch, "train_loss": float(logs["loss"]), "train_top1_error": _error(logs["accuracy"])}
    if "val_loss" in logs:
        row[f"{split}_loss"] = float(logs["val_loss"])
        row[f"{split}_top1_error"] = _error(logs["val_accuracy"])
        row[f"{split}_top5_error"] = _error(logs["val_top5"])
    return {**row, "learning_rate": learning_rate}


def _error(accuracy: float) -> float:
    """In percent."""
    return 100 * (1 - float(accuracy))


def judged_split(history: Sequence[Row]) -> str:
    """What the rows' model was evaluated on: "validation" or "test"."""
    return "validation" if any("validation_top1_error" in row for row in history) else "test"


def judged_rows(history: Sequence[Row], split: str) -> list[Row]:
    """The rows of epochs after which the model was evaluated."""
    return [row for row in history if f"{split}_top1_error" in row]


def is_best(history: Sequence[Row], split: str) -> bool:
    """Whether the last row has a smaller error than all before it."""
    column = f"{split}_top1_error"
    earlier = [row[column] for row in judged_rows(history[:-1], split)]
    return column in history[-1] and history[-1][column] < min(earlier, default=float("inf"))


def history_to_csv(history: Sequence[Row]) -> str:
    """The rows as CSV; cells of an evaluation that did not take place are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(max(history, key=len)))
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()


def read_history(file: Path) -> list[Row]:
    """The rows of a history.csv."""
    with file.open() as opened:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(opened)]

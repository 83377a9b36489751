"""What studies can train, and what their reports show of it."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from cutmix_tf.training import TrainConfig, train
from cutmix_tf.transfer import CaptioningConfig, DetectionConfig, train_captioner, train_detector


@dataclasses.dataclass(frozen=True)
class Task:
    """A kind of training.

    Attributes:
      train: Trains a config, and returns the summary.
      columns: What tables show of a summary, with titles.
      headlines: The columns of which differences are shown; the first is the result.
      facts: What runs.csv has besides the columns.
      unit: What the columns are in.
      better: Which differences are good.
      curve: The column of a history that is drawn, and its title; None for the error on the judged split.
    """

    train: Callable[..., dict[str, Any]]
    columns: Mapping[str, str]
    headlines: tuple[str, ...]
    facts: tuple[str, ...] = ("epochs", "params", "seconds")
    unit: str = "Scores in percent"
    better: str = "positive is better"
    curve: tuple[str, str] | None = None

    @property
    def curve_title(self) -> str:
        """What is drawn."""
        return "Error" if self.curve is None else self.curve[1]


CLASSIFICATION = Task(
    train,
    columns={
        "top1_error_last": "test error, last epoch",
        "top1_error_best": "test error, best epoch",
        "loss_last": "test loss, last epoch",
        "validation_top1_error_last": "validation error, last epoch",
        "train_top1_error_last": "training error, as mixed",
    },
    headlines=("top1_error_last", "loss_last"),
    facts=("best_epoch", "epochs", "params", "seconds"),
    unit="Errors in percent",
    better="negative is better",
)
DETECTION = Task(
    train_detector,
    columns={
        "coco50": "AP at overlap 0.5 (COCO)",
        "coco": "AP, mean of overlaps (COCO)",
        "voc11": "mAP of VOC 2007",
        "train_loss_last": "training loss, last epoch",
    },
    headlines=("coco50", "coco"),
    curve=("test_coco50", "AP at overlap 0.5"),
)
CAPTIONING = Task(
    train_captioner,
    columns={
        "bleu4": "BLEU-4",
        "bleu1": "BLEU-1",
        "exact": "captions that are exactly right",
        "held_out_bleu4": "held-out combinations: BLEU-4",
        "held_out_exact": "held-out combinations: exactly right",
        "train_loss_last": "training loss, last epoch",
    },
    headlines=("bleu4", "held_out_bleu4"),
    unit="BLEU from 0 to 100, shares in percent",
    curve=("test_bleu4", "BLEU-4"),
)
TASKS = {TrainConfig: CLASSIFICATION, DetectionConfig: DETECTION, CaptioningConfig: CAPTIONING}
"""By the type of the config."""

"""What a study is: one config, arms that change a few settings of it, and seeds."""

import dataclasses
import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cutmix_tf._checks import did_you_mean
from cutmix_tf.datasets import ImageSet
from cutmix_tf.runs import RunFiles
from cutmix_tf.training import TrainConfig

ROOT = Path(__file__).resolve().parents[1]
KEPT = ("config.json", "history.csv", "summary.json")
"""The files of a run that are committed: everything that the report is made from."""


@dataclasses.dataclass(frozen=True)
class Arm:
    """One way to train, among those that a study compares.

    Attributes:
      title: What tables and figures call it.
      changes: The settings that differ from the study's config.
      seeds: The seeds of its runs, most important first.
      images: Makes the dataset to train on; None loads the one that the config names.
    """

    title: str
    changes: Mapping[str, Any]
    seeds: tuple[int, ...] = (0, 1, 2)
    images: Callable[[TrainConfig], ImageSet] | None = None


@dataclasses.dataclass(frozen=True)
class Study:
    """Trainings that differ in their arm and their seed alone.

    Attributes:
      name: Of its module, its runs and its results.
      title: One line.
      question: What it is to answer, and how it was planned; for the report.
      config: The settings that all runs share.
      arms: By name, most important first: runs are made in this order, seed by seed.
      baseline: The arm that others are compared with.
    """

    name: str
    title: str
    question: str
    config: TrainConfig
    arms: Mapping[str, Arm]
    baseline: str = "none"

    @property
    def results(self) -> Path:
        """The committed folder of raw files, tables and figures."""
        return ROOT / "results" / self.name

    def runs(self) -> Iterator["StudyRun"]:
        """All runs: the first seed of every arm, then the second, and so on."""
        for place in range(max(len(arm.seeds) for arm in self.arms.values())):
            for name, arm in self.arms.items():
                if place < len(arm.seeds):
                    yield StudyRun(self, name, arm.seeds[place])


@dataclasses.dataclass(frozen=True)
class StudyRun:
    """One run of a study."""

    study: Study
    arm: str
    seed: int

    @property
    def folder(self) -> Path:
        """Where it trains, relative to the checkout, so that no path of a machine gets into its config."""
        return Path("runs") / "studies" / self.study.name / self.arm / f"seed{self.seed}"

    @property
    def kept(self) -> RunFiles:
        """Where its raw files are committed."""
        return RunFiles(self.study.results / "runs" / self.arm / f"seed{self.seed}")

    @property
    def finished(self) -> bool:
        """Whether its raw files are there."""
        return all((self.kept.folder / name).is_file() for name in KEPT)

    def config(self) -> TrainConfig:
        """Its settings."""
        changes = {**self.study.arms[self.arm].changes, "seed": self.seed, "run_dir": str(self.folder)}
        return dataclasses.replace(self.study.config, **changes)

    def __str__(self) -> str:
        return f"{self.arm} seed {self.seed}"


def study_names() -> list[str]:
    """The modules in this folder that define a study."""
    return [file.stem for file in sorted(Path(__file__).parent.glob("*.py")) if "\nSTUDY = " in file.read_text()]


def load_study(name: str) -> Study:
    """The `STUDY` of the module of that name in this folder.

    Raises:
      ValueError: if there is none; with the nearest name.
    """
    names = study_names()
    if name not in names:
        raise ValueError(f"There is no study {name!r}.{did_you_mean(name, names)} Known: {', '.join(sorted(names))}.")
    return importlib.import_module(name).STUDY

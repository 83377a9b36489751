"""What a study is: one config, arms that change a few settings of it, and seeds; maybe backbones to train before."""

import dataclasses
import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tasks import TASKS, Task

from cutmix_tf._checks import did_you_mean
from cutmix_tf.datasets import ImageSet
from cutmix_tf.runs import RunFiles, read_json
from cutmix_tf.training import TrainConfig

ROOT = Path(__file__).resolve().parents[1]
KEPT = ("config.json", "history.csv", "summary.json")
"""The files of a run that are committed: everything that the report is made from."""
NETWORK = ("config.json", "preprocessing.json", "summary.json", "final.keras")
"""The files of a run whose model is kept too, to be evaluated and used without training."""
PRETRAINING = "pretraining"


class Step(NamedTuple):
    """One training of a run.

    Attributes:
      config: Its settings.
      kept: Where its raw files are committed.
    """

    config: Any
    kept: RunFiles


@dataclasses.dataclass(frozen=True)
class Arm:
    """One way to train, among those that a study compares.

    Attributes:
      title: What tables and figures call it.
      changes: The settings that differ from the study's config.
      seeds: The seeds of its runs, most important first.
      images: Makes the dataset to train on; None loads the one that the config names.
      pretraining: The settings that differ from the study's pretraining, where it has one; None to leave that out, so
        that the run starts with the backbone that the study's config names.
      versus: The one arm that it is compared with; None for the study's baseline and its CutMix, if it has them.
      control: An arm that lacks nothing but what this one is about; they are compared too. Dashed in the figure.
    """

    title: str
    changes: Mapping[str, Any]
    seeds: tuple[int, ...] = (0, 1, 2)
    images: Callable[[TrainConfig], ImageSet] | None = None
    pretraining: Mapping[str, Any] | None = dataclasses.field(default_factory=dict)
    versus: str | None = None
    control: str | None = None


@dataclasses.dataclass(frozen=True)
class Study:
    """Trainings that differ in their arm and their seed alone.

    Attributes:
      name: Of its module, its runs and its results.
      title: One line.
      question: What it is to answer, and how it was planned; for the report.
      config: The settings that all runs share: a TrainConfig, or the config of a transfer task.
      arms: By name, most important first: runs are made in this order, seed by seed.
      baseline: The arm that others are compared with; None if each arm says so itself.
      pretraining: How the backbone of a transfer run is trained before; None if it is not.
      networks: The models that are committed: the name of a folder of results -> the arm and the seed.
    """

    name: str
    title: str
    question: str
    config: Any
    arms: Mapping[str, Arm]
    baseline: str | None = "none"
    pretraining: TrainConfig | None = None
    networks: Mapping[str, tuple[str, int]] = dataclasses.field(default_factory=dict)

    @property
    def task(self) -> Task:
        """What its runs do in the end."""
        return TASKS[type(self.config)]

    @property
    def columns(self) -> dict[str, str]:
        """What tables show of the summary of a run, with titles."""
        before = {f"{PRETRAINING}_top1_error_last": "test error of the backbone's classifier"}
        return {**self.task.columns, **({} if self.pretraining is None else before)}

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
        """Whether the raw files of all its trainings are there."""
        return all((step.kept.folder / name).is_file() for step in self.steps() for name in KEPT)

    @property
    def network(self) -> Path | None:
        """Where its model is committed; None if it is not."""
        kept = (name for name, of in self.study.networks.items() if of == (self.arm, self.seed))
        return next((self.study.results / name for name in kept), None)

    def config(self) -> Any:
        """The settings of the training that is judged."""
        changes = {**self.study.arms[self.arm].changes, "seed": self.seed, "run_dir": str(self.folder)}
        before = self._pretraining()
        return dataclasses.replace(
            self.study.config, **({} if before is None else {"backbone": before.config.run_dir}), **changes
        )

    def steps(self) -> list[Step]:
        """Its trainings, one after the other: that of the backbone, if there is one, and the one that is judged."""
        before = self._pretraining()
        return [*([] if before is None else [before]), Step(self.config(), self.kept)]

    def summary(self) -> dict[str, Any]:
        """What a finished run came to; what the backbone's training came to has names that begin with pretraining_."""
        *before, last = [read_json(step.kept.summary) for step in self.steps()]
        return {f"{PRETRAINING}_{name}": value for each in before for name, value in each.items()} | last

    def _pretraining(self) -> Step | None:
        study, changes = self.study, self.study.arms[self.arm].pretraining
        if study.pretraining is None or changes is None:
            return None
        folder = str(self.folder.with_name(f"{self.folder.name}_{PRETRAINING}"))
        config = dataclasses.replace(study.pretraining, **changes, seed=self.seed, run_dir=folder)
        return Step(config, RunFiles(self.kept.folder.with_name(f"{self.folder.name}_{PRETRAINING}")))

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

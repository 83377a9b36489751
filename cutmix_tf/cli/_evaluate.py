"""cutmix-tf evaluate: from runs to evaluation.json, figures and tables."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from cutmix_tf import evaluation, models, plotting, runs
from cutmix_tf._checks import check_whole
from cutmix_tf.cli._progress import CounterLine
from cutmix_tf.cli._tyro import import_tyro
from cutmix_tf.datasets import BadExamples
from cutmix_tf.evaluation import SUITES, EvaluatedModel, Task
from cutmix_tf.evaluation._evaluate import used_by
from cutmix_tf.evaluation._report import has_panels
from cutmix_tf.evaluation.metrics import boxes_of_maps, resize_maps, scale_maps

tyro = import_tyro()

IMAGES = 8  # in cams.png
DPI = 110
_SLOW = [name for name, suite in SUITES.items() if not suite.by_default]
_SUITES_HELP = (
    f"Suites to run, separated by commas: {', '.join(SUITES)}. By default all that fit, except {', '.join(_SLOW)}."
)


@dataclasses.dataclass(frozen=True)
class EvaluateOptions:
    """Evaluates finished runs as the CutMix papers do, and more."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Folders of finished runs, or .keras files of models that take pixels from 0 to 255."""
    suites: Annotated[str | None, tyro.conf.arg(help=_SUITES_HELP)] = None
    limit: int | None = None
    """How many images of each dataset, sampled at random but the same ones each time; all by default."""
    compare: bool = False
    """Also puts all runs into one table and one figure, comparison.json and comparison.png. Needs --save."""
    save: Path | None = None
    """The folder for all files; by default each run's own."""
    dataset: str | None = None
    """The dataset to test on; by default the one that a run was trained on."""
    ood: str = "uniform,gaussian"
    """Datasets that the models were not trained on, separated by commas: uniform, gaussian, or names of the
    catalogue."""
    corrupted: str = ""
    """Corrupted copies of the test set, separated by commas, by names of the catalogue such as
    cifar10_corrupted/fog_3."""
    data_dir: str | None = None
    """Where TFDS finds prepared datasets; by default TFDS_DATA_DIR."""
    bad_examples: BadExamples = "refuse"
    """Whether unreadable examples stop the evaluation, or are left out and counted."""

    @property
    def suite_names(self) -> list[str] | None:
        """The suites that were asked for; None for those that run by default."""
        return None if self.suites is None else _split(self.suites)


def main(words: list[str], program: str) -> None:
    """Reads the command line, evaluates all runs, saves their files and prints tables."""
    run_evaluation(tyro.cli(EvaluateOptions, args=words, prog=program))


def run_evaluation(options: EvaluateOptions) -> dict[str, dict[str, Any]]:
    """Evaluates all runs, saves their files and prints tables.

    Returns:
      Name of the run -> its results, as returned by `evaluation.evaluate`.

    Raises:
      ValueError, TypeError, OSError, RuntimeError, ImportError: for whatever is missing or doesn't fit.
    """
    _check(options)
    evaluations = {}
    for name, (path, model) in _load_models(options).items():
        folder = _folder_for(options, path, name)
        evaluations[name] = _evaluate_one(options, model, folder)
        print(f"\n{evaluation.table({name: evaluations[name]})}\n\nSaved in {folder}", flush=True)
    if options.compare and options.save is not None:
        runs.write_json(options.save / "comparison.json", evaluations)
        _save_panels(evaluations, options.save / "comparison.png")
        print(f"\n{evaluation.table(evaluations)}\n\nSaved comparison.json and comparison.png in {options.save}")
    return evaluations


def _check(options: EvaluateOptions) -> None:
    """Raises ValueError for options that don't fit together; not in the dataclass, whose errors tyro would frame."""
    if not options.runs:
        raise ValueError("Name at least one finished run, such as runs/shapes_resnet20.")
    if options.limit is not None:
        check_whole("limit", options.limit, low=1)
    used_by(options.suite_names)
    if options.compare and options.save is None:
        raise ValueError("A comparison needs a folder of its own: add --save FOLDER.")


def _load_models(options: EvaluateOptions) -> dict[str, tuple[Path, EvaluatedModel]]:
    """The models by name; if two runs have the same name, the later one gets a number."""
    loaded = {}
    for path in options.runs:
        model = evaluation.load_model(path, progress=CounterLine())
        same = sum(name == model.name or name.startswith(f"{model.name}_") for name in loaded)
        name = f"{model.name}_{same + 1}" if model.name in loaded else model.name
        loaded[name] = path, dataclasses.replace(model, name=name)
    return loaded


def _folder_for(options: EvaluateOptions, path: Path, name: str) -> Path:
    if options.save is not None:
        return options.save if len(options.runs) == 1 and not options.compare else options.save / name
    return path if path.is_dir() else path.with_suffix("")


def _evaluate_one(options: EvaluateOptions, model: EvaluatedModel, folder: Path) -> dict[str, Any]:
    task = evaluation.load_task(
        model,
        dataset=options.dataset,
        ood=_split(options.ood),
        corrupted=_split(options.corrupted),
        uses=used_by(options.suite_names),
        limit=options.limit,
        data_dir=options.data_dir,
        bad_examples=options.bad_examples,
    )
    results = evaluation.evaluate(task, options.suite_names) | {"measured_with": runs.measured_with()}
    files = runs.RunFiles(folder)
    evaluation.write_evaluation(folder, results)
    _save_panels({model.name: results}, files.evaluation_figure)
    if models.has_head(model.keras_model):
        _draw_cams(task).savefig(files.cams, dpi=DPI)
    return results


def _save_panels(evaluations: Mapping[str, Mapping[str, Any]], file: Path) -> None:
    if has_panels(evaluations):
        evaluation.draw_evaluations(evaluations).savefig(file, dpi=DPI)


def _draw_cams(task: Task):
    """The first images with the maps of their predicted classes, and with boxes if those of the objects are known."""
    examples = task.examples
    images, labels = examples.images[:IMAGES], examples.labels[:IMAGES]
    predicted = task.logits[:IMAGES].argmax(axis=1)
    maps = resize_maps(evaluation.cam(task.model, images, predicted), images.shape[1:3])
    titles = [examples.class_names[label] for label in labels]
    for index in np.flatnonzero(predicted != labels):
        titles[index] += f",\npredicted: {examples.class_names[predicted[index]]}"
    if examples.boxes is None:
        return plotting.draw_cams(images, scale_maps(maps), titles)
    return plotting.draw_cams(images, scale_maps(maps), titles, examples.boxes[:IMAGES], boxes_of_maps(maps))


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]

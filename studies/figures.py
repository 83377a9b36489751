"""A study's curves."""

from collections import defaultdict

import numpy as np
from study import PRETRAINING, Study, StudyRun

from cutmix_tf import plotting
from cutmix_tf.runs import judged_rows, judged_split, read_history


def draw_arms(study: Study, runs: list[StudyRun]):
    """The error or score by epoch of each main arm, as a matplotlib figure: the mean over seeds, each faint behind."""
    runs = [run for run in runs if is_main(study, run.arm)]
    figure = plotting.new_figure(7.2, 4.4, layout="constrained")
    axes = figure.subplots()
    colors = plotting.colors_of({run.arm: method_of(run) for run in runs})
    controls = {arm.control for arm in study.arms.values()}
    curves, means = defaultdict(list), []
    for run in runs:
        curves[run.arm].append(_curve(run))
    for arm, lines in curves.items():
        epochs, errors = np.array(lines[0][0]), np.array([line[1] for line in lines])
        style = {"color": colors[arm], "linestyle": "--" if arm in controls else "-"}
        axes.plot(epochs, errors.T, **style, linewidth=0.7, alpha=0.35)
        axes.plot(epochs, errors.mean(axis=0), **style, linewidth=2, label=study.arms[arm].title)
        means.append(errors.mean(axis=0))
    axes.set(xlabel="epoch", ylabel=_label(runs[0]), title=study.title, ylim=_limits(study, means))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(frameon=False)
    return figure


def is_main(study: Study, arm: str) -> bool:
    """Whether an arm has as many seeds as any: the others would crowd the figure."""
    return len(study.arms[arm].seeds) == max(len(each.seeds) for each in study.arms.values())


def method_of(run: StudyRun) -> str | None:
    """How a run, or its backbone, was mixed; None if the arm's name has to say, which knows of erasing too."""
    summary = run.summary()
    mix = summary.get("mix", summary.get(f"{PRETRAINING}_mix"))
    return None if mix == "none" else mix


def _label(run: StudyRun) -> str:
    if run.study.task.curve is not None:
        return run.study.task.curve[1]
    return f"{judged_split(read_history(run.kept.history))} error (%)"


def _limits(study: Study, means: list[np.ndarray]) -> tuple[float, float]:
    """For errors, from just below the best one up to about twice that at most, where the arms part; for scores, all."""
    if study.task.curve is not None:
        return 0, 1.05 * max(mean.max() for mean in means) or 1
    lowest, highest = min(mean.min() for mean in means), max(mean.max() for mean in means)
    return 0.9 * lowest, min(2.2 * lowest, 1.03 * highest)


def _curve(run: StudyRun) -> tuple[list[float], list[float]]:
    """The epochs after which a run was evaluated, and its errors or scores then."""
    history = read_history(run.kept.history)
    if run.study.task.curve is not None:
        column = run.study.task.curve[0]
        rows = [row for row in history if column in row]
        return [row["epoch"] for row in rows], [row[column] for row in rows]
    split = judged_split(history)
    rows = judged_rows(history, split)
    return [row["epoch"] for row in rows], [row[f"{split}_top1_error"] for row in rows]

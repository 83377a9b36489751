"""A study's curves."""

from collections import defaultdict

import numpy as np
from study import Study, StudyRun

from cutmix_tf import plotting
from cutmix_tf.runs import judged_rows, judged_split, read_history, read_json


def draw_arms(study: Study, runs: list[StudyRun]):
    """The error by epoch of each arm as a matplotlib figure: the mean over seeds, each seed faint behind it."""
    figure = plotting.new_figure(7.2, 4.4, layout="constrained")
    axes = figure.subplots()
    colors = plotting.colors_of({run.arm: read_json(run.kept.summary)["mix"] for run in runs})
    curves, lows = defaultdict(list), []
    for run in runs:
        curves[run.arm].append(_curve(run))
    for arm, lines in curves.items():
        epochs, errors = np.array(lines[0][0]), np.array([line[1] for line in lines])
        axes.plot(epochs, errors.T, color=colors[arm], linewidth=0.7, alpha=0.35)
        axes.plot(epochs, errors.mean(axis=0), color=colors[arm], linewidth=2, label=study.arms[arm].title)
        lows.append(errors.mean(axis=0).min())
    split = judged_split(read_history(runs[0].kept.history))
    # from just below the best error up to about twice that, where the arms part
    axes.set(xlabel="epoch", ylabel=f"{split} error (%)", title=study.title, ylim=(0.9 * min(lows), 2.2 * min(lows)))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(frameon=False)
    return figure


def _curve(run: StudyRun) -> tuple[list[float], list[float]]:
    """The epochs after which a run was evaluated, and its errors then."""
    history = read_history(run.kept.history)
    split = judged_split(history)
    rows = judged_rows(history, split)
    return [row["epoch"] for row in rows], [row[f"{split}_top1_error"] for row in rows]

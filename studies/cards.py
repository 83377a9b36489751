"""Model cards: what a committed model was trained on, what it scores, and what it is not for."""

from study import Study, StudyRun

from cutmix_tf import evaluation
from cutmix_tf.runs import RunFiles, read_json


def kept(study: Study) -> list[StudyRun]:
    """The finished runs whose models are committed."""
    runs = (run for run in study.runs() if run.finished and run.network is not None)
    return [run for run in runs if RunFiles(run.network).final_model.is_file()]


def page(run: StudyRun) -> str:
    """The card of a committed model."""
    study, config, summary = run.study, read_json(run.kept.config), run.summary()
    folder = run.network.relative_to(study.results.parents[1]).as_posix()
    return "\n".join(
        [
            f"# {study.arms[run.arm].title}",
            "",
            f"The last model of one run of [{study.title}](../README.md), seed {run.seed}.",
            "",
            f"- **Model**: {config['model']}, {summary['params']:,} parameters. `final.keras` takes images of",
            "  pixels from 0 to 255, (batch, height, width, 3), and returns logits.",
            f"- **Data**: `{config['train_split']}` of {config['dataset']}, {config['epochs']} epochs, augment",
            f"  `{config['augment']}`, mix `{config['mix'] or 'none'}`; all settings are in `config.json`.",
            *_scores(run),
            f"- **Made by** `python studies/run.py {study.name} --arms {run.arm} --seeds {run.seed}` at commit",
            f"  {summary['measured_with']['commit']}, with TensorFlow {summary['measured_with']['tensorflow']}.",
            "- **Not for** anything but comparing methods: a tiny model of few images, one seed. It errs more often",
            "  than a model of all images would, and it was not checked for bias.",
            "",
            f"`python evaluate_keras.py {folder}` evaluates it; `--suites cam --save FOLDER` draws what it looks at.",
            "",
        ]
    )


def _scores(run: StudyRun) -> list[str]:
    summary, columns = run.summary(), run.study.task.columns
    lines = [f"- **Scores**: {columns[name]} {summary[name]:.2f}" for name in run.study.task.headlines[:1]]
    if run.kept.evaluation.is_file():
        results = read_json(run.kept.evaluation)
        found = evaluation.headlines(results)
        shown = ", ".join(f"{title} {value:.1f}" for title, value in found.items() if title in SHOWN)
        lines.append(f"  on the whole test set; on {results['examples']:,} test images {shown}.")
    return lines


SHOWN = (
    "expected calibration error %",
    "center hidden at half the side, top-1 error %",
    "OOD mean, AUROC %",
    "our corruptions, mean top-1 error %",
)
"""The numbers of an evaluation that a card shows."""

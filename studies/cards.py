"""Model cards: what a committed model was trained on, what it scores, and what it is not for."""

from behavior import DRAWN
from study import Study, StudyRun

from cutmix_tf import evaluation
from cutmix_tf.runs import RunFiles, read_json

PAGE = """\
# {model} on {dataset}: {title}

The last model of one run of [{study.title}](../README.md), seed {run.seed}.

- **Takes** images of pixels from 0 to 255, (batch, height, width, 3), and returns logits; {parameters} parameters.
- **Trained on** `{train_split}` for {epochs} epochs, augment `{augment}`, mix `{mix}`; `config.json` has all settings.
- **Made by** `python studies/run.py {study.name} --arms {run.arm} --seeds {run.seed}` at commit {made[commit]}, with
  TensorFlow {made[tensorflow]}.
- **Not for** anything but comparing methods: a tiny model of few images, one seed. It errs more often than a model of
  all images would, and it was not checked for bias.

`python evaluate_keras.py {folder} --save FOLDER` evaluates it and draws what it looks at.

{scores}
"""


def kept(study: Study) -> list[StudyRun]:
    """The finished runs whose models are committed."""
    runs = (run for run in study.runs() if run.finished and run.network is not None)
    return [run for run in runs if RunFiles(run.network).final_model.is_file()]


def page(run: StudyRun) -> str:
    """The card of a committed model."""
    summary = run.summary()
    return PAGE.format(
        run=run,
        study=run.study,
        title=run.study.arms[run.arm].title,
        folder=run.network.relative_to(run.study.results.parents[1]).as_posix(),
        parameters=f"{summary['params']:,}",
        made=summary["measured_with"],
        scores="\n".join(_scores(run)),
        **{name: value for name, value in read_json(run.kept.config).items() if f"{{{name}}}" in PAGE},
    )


def _scores(run: StudyRun) -> list[str]:
    columns = run.study.task.columns
    scores = {f"{columns[name]}, all test images": run.summary()[name] for name in run.study.task.headlines}
    if run.kept.evaluation.is_file():
        results = read_json(run.kept.evaluation)
        found = evaluation.headlines(results)
        of = f"{results['examples']:,} test images"
        scores |= {f"{DRAWN[title]}, {of}": value for title, value in found.items() if title in DRAWN}
    return ["| | |", "|---|---|", *(f"| {title} | {value:.2f} |" for title, value in scores.items())]

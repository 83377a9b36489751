"""The fgsm and pgd suites: the top-1 error under adversarial attacks."""

from collections.abc import Callable
from typing import ClassVar

import keras
import numpy as np

from cutmix_tf.evaluation import perturbations
from cutmix_tf.evaluation._task import Task
from cutmix_tf.evaluation.metrics import top_k_error
from cutmix_tf.evaluation.suites._suite import Results, Suite


class Attack(Suite):
    """The top-1 error without an attack and at each strength; subclasses say which attack."""

    title: ClassVar[str]
    attack: ClassVar[Callable[..., np.ndarray]]
    epsilons: ClassVar[tuple[float, ...]]

    def fits(self, task: Task) -> str | None:
        """See `Suite`."""
        backend = keras.backend.backend()
        if backend != "tensorflow":
            return f"An attack by gradients needs Keras on TensorFlow; it runs on {backend}."
        return None

    def run(self, task: Task) -> Results:
        """See `Suite`."""
        images, labels = task.examples.images, task.examples.labels
        errors = [top_k_error(task.logits, labels)]
        for epsilon in self.epsilons:
            moved = self.attack(task.model, images, labels, epsilon)
            errors.append(top_k_error(task.model.logits(moved), labels))
        return {"epsilon": [0.0, *self.epsilons], "top1_error": errors}

    def headlines(self, results: Results) -> dict[str, float]:
        """See `Suite`."""
        rows = list(zip(results["epsilon"], results["top1_error"], strict=True))
        return {f"{self.title} {epsilon:g}/255, top-1 error %": error for epsilon, error in rows[1:]}


class Fgsm(Attack):
    """The fast gradient sign method at four strengths (CutMix paper, section 4.4)."""

    name = "fgsm"
    title = "FGSM"
    attack = staticmethod(perturbations.fgsm)
    epsilons = (1.0, 2.0, 4.0, 8.0)

    def panel(self, axes, results, colors) -> None:
        """The error over the strength."""
        for name, suite in results.items():
            axes.plot(suite["epsilon"], suite["top1_error"], color=colors[name], marker="o", markersize=4)
        axes.set(
            title="FGSM attack", xlabel="ε (pixel values, of 255)", ylabel="top-1 error (%), ↓ better", ylim=(0, 102)
        )


class Pgd(Attack):
    """Ten steps of projected gradient descent at one strength. As slow as all other suites together."""

    name = "pgd"
    by_default = False
    title = "PGD"
    attack = staticmethod(perturbations.pgd)
    epsilons = (8.0,)

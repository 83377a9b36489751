"""The accuracy suite: errors and proper scores on the test set."""

from cutmix_tf.evaluation._task import Task
from cutmix_tf.evaluation.metrics import brier_score, negative_log_likelihood, top_k_error
from cutmix_tf.evaluation.suites._suite import Results, Suite


class Accuracy(Suite):
    """Top-1 and top-5 error, negative log-likelihood and Brier score."""

    name = "accuracy"

    def run(self, task: Task) -> Results:
        """See `Suite`."""
        scores = task.logits, task.examples.labels
        return {
            "top1_error": top_k_error(*scores),
            "top5_error": top_k_error(*scores, k=min(5, task.model.num_classes)),
            "negative_log_likelihood": negative_log_likelihood(*scores),
            "brier_score": brier_score(*scores),
        }

    def headlines(self, results: Results) -> dict[str, float]:
        """See `Suite`."""
        return {
            "top-1 error %": results["top1_error"],
            "top-5 error %": results["top5_error"],
            "negative log-likelihood": results["negative_log_likelihood"],
            "Brier score": results["brier_score"],
        }

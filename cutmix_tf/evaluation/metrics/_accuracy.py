"""How often a classifier is right, and how good its probabilities are."""

import numpy as np

from cutmix_tf._checks import check_whole


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities: float64 of the same shape, so that probabilities close to 1 remain distinguishable."""
    logits = np.asarray(logits, np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities: float64 of the same shape."""
    return np.exp(log_softmax(logits))


def top_k_error(logits: np.ndarray, labels: np.ndarray, k: int = 1) -> float:
    """How often the label is not among the k most probable classes, in percent; ties rank by class id.

    Args:
      logits: (n, classes).
      labels: int (n,).
      k: From 1 to the number of classes.

    Raises:
      ValueError: if the shapes don't match, a label or k is out of range, or a logit is not finite.
    """
    check_logits(logits, labels)
    check_whole("k", k, low=1, high=logits.shape[1])
    own = np.take_along_axis(logits, labels[:, None], axis=1)
    before = (logits > own) | ((logits == own) & (np.arange(logits.shape[1]) < labels[:, None]))
    return 100 * float(np.mean(before.sum(axis=1) >= k))


def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean of −log p(label), in nats. Arguments and errors as for `top_k_error`."""
    check_logits(logits, labels)
    return float(-np.take_along_axis(log_softmax(logits), labels[:, None], axis=1).mean())


def brier_score(logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean of Σ (p − one-hot label)² over the classes, from 0 to 2. Arguments and errors as for `top_k_error`."""
    check_logits(logits, labels)
    one_hot = np.arange(logits.shape[1]) == labels[:, None]
    return float(np.square(softmax(logits) - one_hot).sum(axis=1).mean())


def check_logits(logits: np.ndarray, labels: np.ndarray) -> None:
    """Raises ValueError unless there are finite logits (n, classes) and n labels in [0, classes)."""
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or len(labels) == 0:
        raise ValueError(
            f"Logits (n, classes) and labels (n,) must be given for at least one image; got shapes {logits.shape} and "
            f"{labels.shape}."
        )
    if not np.isfinite(logits).all():
        raise ValueError("Logits must be finite; some are NaN or infinite. Check whether training diverged.")
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(f"Labels must be in [0, {logits.shape[1]}); got {labels.min()} to {labels.max()}.")

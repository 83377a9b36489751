"""What a classifier says about images."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Predictions:
    """The most probable classes of each image, from the most probable one on. `str()` has a line for each image.

    Attributes:
      names: Names of the classes, (images, top).
      probabilities: Their probabilities, float32 (images, top).
      class_ids: Their positions in `Classifier.class_names`, int (images, top).
    """

    names: np.ndarray
    probabilities: np.ndarray
    class_ids: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def __str__(self) -> str:
        rows = zip(self.names, self.probabilities, strict=True)
        return "\n".join(
            ", ".join(f"{name} {100 * share:.1f} %" for name, share in zip(*row, strict=True)) for row in rows
        )


def most_probable(probabilities: np.ndarray, class_names: tuple[str, ...], top: int) -> Predictions:
    """The `top` most probable classes, or all if there are fewer; those of equal probability in the order of their ids.

    Args:
      probabilities: float32 (images, classes).
      class_names: A name for each class.
      top: At least 1.
    """
    ids = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    return Predictions(np.asarray(class_names)[ids], np.take_along_axis(probabilities, ids, axis=1), ids)

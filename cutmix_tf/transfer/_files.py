"""The files of a transfer run, beside those that every run has."""

from pathlib import Path

from cutmix_tf.runs import RunFiles


class DetectionFiles(RunFiles):
    """The paths in a detection run's folder; nothing is read or made."""

    @property
    def classes(self) -> Path:
        """The names of the classes, as JSON."""
        return self.folder / "classes.json"

    @property
    def objects(self) -> Path:
        """A figure of test images with known and found boxes."""
        return self.folder / "objects.png"

"""The files of transfer runs, beside those that every run has."""

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


class CaptioningFiles(RunFiles):
    """The paths in a captioning run's folder; nothing is read or made."""

    @property
    def words(self) -> Path:
        """The vocabulary, as JSON."""
        return self.folder / "words.json"

    @property
    def captions(self) -> Path:
        """A figure of test images with known and written captions."""
        return self.folder / "captions.png"

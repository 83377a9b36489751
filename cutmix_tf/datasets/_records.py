"""The records of a prepared TFDS dataset that make up a split, in the order of storage or in a keyed order."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf._random import fold_in, permutation
from cutmix_tf.datasets._decode import decode
from cutmix_tf.datasets._slices import Part
from cutmix_tf.datasets._tfds import Builder

BLOCK = 8192  # examples that are shuffled together
INTERLEAVED = 16  # files read in turn

Example = dict[str, tf.Tensor]


@dataclasses.dataclass(frozen=True, eq=False)
class Records:
    """Runs of records in the files of one dataset.

    Attributes:
      builder: Of the dataset.
      parts: Which examples, of which of its splits.
      passed_over: int64, ascending, the places of unreadable records: they are left out, and so is everything behind a
        damaged record. None if all records must be readable.
    """

    builder: Builder
    parts: tuple[Part, ...]
    passed_over: np.ndarray | None = None

    @functools.cached_property
    def runs(self) -> tuple[Any, ...]:
        """TFDS's instructions: for each file, how many records to skip and to take."""
        return tuple(run for spec in self.specs for run in self.builder.info.splits[spec].file_instructions)

    @property
    def stored(self) -> int:
        """Number of records, those to pass over included."""
        return sum(part.size for part in self.parts)

    def __len__(self) -> int:
        return self.stored - (0 if self.passed_over is None else len(self.passed_over))

    @property
    def title(self) -> str:
        """The split, its dataset and the directory, for messages."""
        return f"split {'+'.join(self.specs)!r} of {self.builder.info.full_name} in {self.builder.data_dir}"

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Height and width of all images, if the dataset's metadata say so."""
        height, width, _ = self.builder.info.features["image"].shape
        return (height, width) if height and width else None

    @property
    def has_boxes(self) -> bool:
        """Whether each example has exactly one box: the feature "bbox", in shares of height and width."""
        import tensorflow_datasets as tfds

        return isinstance(dict(self.builder.info.features).get("bbox"), tfds.features.BBoxFeature)

    @property
    def specs(self) -> list[str]:
        """The parts in TFDS's slicing syntax."""
        splits = self.builder.info.splits
        return [
            part.source if part.size == splits[part.source].num_examples else f"{part.source}[{part.start}:{part.stop}]"
            for part in self.parts
        ]

    @functools.cached_property
    def fingerprint(self) -> str:
        """A digest of the dataset's name and version, what is read of which files, and the sizes of these."""
        files = [(run.basename(), run.skip, run.take, tf.io.gfile.stat(run.filename).length) for run in self.runs]
        passed_over = [] if self.passed_over is None else self.passed_over.tolist()
        return hashlib.sha256(repr((self.builder.info.full_name, files, passed_over)).encode()).hexdigest()

    def examples(self, keys: Iterable[str], make: Callable[[Example], Any], seed: Any = None) -> tf.data.Dataset:
        """What `make` makes of each example.

        Without a seed examples come in the order of storage. Shuffling takes the files in random order, sixteen in
        turn, and permutes blocks of 8192 examples. It is a function of the seed alone, while `Dataset.shuffle` depends
        on TensorFlow's global seed too.

        Args:
          keys: The features to parse, "label" among them; images stay encoded.
          make: Called with these features and the "place", an int64 scalar that counts the examples from 0.
          seed: Two integers, or None.
        """
        parse = self._parser(keys)

        def made(file, number, place, record):
            example = parse(record)
            label = self._checked_label(example["label"], file, number)
            return make({**example, "label": label, "place": place})

        return self._numbered(seed).map(made, num_parallel_calls=tf.data.AUTOTUNE)

    def parse(self, record: Any, keys: Iterable[str]) -> Example:
        """Those features of a serialized example, images still encoded, the label unchecked."""
        return self._parser(keys)(record)

    def decoded(self, encoded: tf.Tensor) -> tf.Tensor:
        """An image as uint8 (height, width, 3). It must have the size of the dataset's images, if they have one."""
        return tf.ensure_shape(decode(encoded), (*self.builder.info.features["image"].shape[:2], 3))

    def _numbered(self, seed: Any) -> tf.data.Dataset:
        """(file, number in it, place, serialized example)."""
        counts = tf.constant([run.take for run in self.runs], tf.int64)
        runs = (
            tf.constant([run.filename for run in self.runs]),
            tf.constant([run.skip for run in self.runs], tf.int64),
            # All that is left of a file where the run goes to its end, so that too many records are noticed.
            tf.constant([-1 if run.takes_all else run.take for run in self.runs], tf.int64),
            tf.cumsum(counts, exclusive=True),
        )
        if seed is None:
            return tf.data.Dataset.from_tensor_slices(runs).flat_map(self._run)
        order = permutation(len(self.runs), fold_in(seed, 0))
        shuffled_runs = tf.data.Dataset.from_tensor_slices(tuple(tf.gather(part, order) for part in runs))
        records = shuffled_runs.interleave(
            self._run, cycle_length=INTERLEAVED, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )

        def shuffled(number, block):
            order = permutation(tf.shape(block[0])[0], fold_in(fold_in(seed, 1), number))
            return tf.data.Dataset.from_tensor_slices(tuple(tf.gather(part, order) for part in block))

        return records.batch(BLOCK).prefetch(1).enumerate().flat_map(shuffled)  # pyright: ignore[reportArgumentType]

    def _run(self, *run: tf.Tensor) -> tf.data.Dataset:
        """The part of `_numbered` that one file holds, of its name, what to skip and to take, and the first place."""
        file, skip, take, first_place = run
        records = tf.data.TFRecordDataset(file).skip(skip).take(take)
        if self.passed_over is not None:
            records = records.ignore_errors()
        records = records.enumerate().map(lambda number, record: (file, skip + number, first_place + number, record))
        if self.passed_over is None:
            return records
        bad = tf.constant(self.passed_over)

        def renumbered(file, number, place, record):
            return file, number, place - tf.math.count_nonzero(bad < place), record

        return records.filter(lambda *record: tf.reduce_all(bad != record[2])).map(renumbered)

    def _parser(self, keys: Iterable[str]) -> Callable[[Any], Example]:
        import tensorflow_datasets as tfds

        features = tfds.features.FeaturesDict({key: self.builder.info.features[key] for key in keys})
        return lambda record: features.deserialize_example(record, decoders={"image": tfds.decode.SkipDecoding()})

    def _checked_label(self, label: tf.Tensor, file: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        num_classes = self.builder.info.features["label"].num_classes
        message = ["Labels must be in [0,", num_classes, "); got", label, "at record", number, "of", file]
        tf.debugging.Assert((label >= 0) & (label < num_classes), message)
        return tf.cast(label, tf.int32)

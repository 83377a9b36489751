"""Transfer to captioning: NIC on a classifier's features, trained and scored."""

import math
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from cutmix_tf import plotting
from cutmix_tf.runs import Row, write_json
from cutmix_tf.transfer._bleu import bleu, import_bleu
from cutmix_tf.transfer._caption_set import CaptionSet, CaptionSplit, load_captions
from cutmix_tf.transfer._captioner import Captioner, build_captioner
from cutmix_tf.transfer._captioning_config import CaptioningConfig
from cutmix_tf.transfer._examples import in_groups, on_canvas, on_canvases, pixels_of, shuffled
from cutmix_tf.transfer._files import CaptioningFiles
from cutmix_tf.transfer._training import Task, train_task
from cutmix_tf.transfer._vocabulary import FILL_ID, Vocabulary

DRAWN = 8  # images in captions.png


def train_captioner(
    config: CaptioningConfig,
    *,
    backbone: keras.Model | None = None,
    captions: CaptionSet | None = None,
    run_eagerly: bool = False,
    verbose: int = 0,
) -> dict[str, Any]:
    """Trains a captioner as the config says and fills the run's folder; continues after the last whole epoch.

    Args:
      config: The run's settings.
      backbone: A functional Keras model of pixels in [0, 255] to use instead of the one that the config names.
      captions: A loaded dataset to use instead of the one that the config names.
      run_eagerly: Whether Keras trains without compiling, which is for debugging and for very short runs.
      verbose: As for Keras' `fit`: 1 for a bar in each epoch.

    Returns:
      The summary, as in summary.json: the scores of `evaluate_captioner` on the test split after the last epoch; those
      of held-out combinations begin with held_out.

    Raises:
      FileExistsError: if the folder holds something else, or another process trains the run.
      FileNotFoundError: if the dataset or the backbone is missing.
      ImportError: if a package of cutmix_tf[captions] is missing.
      ValueError: if an image can't be read, or settings don't fit data or backbone.
    """
    import_bleu()  # so that it isn't missed only when an epoch has been trained

    def load() -> CaptionSet:
        return captions or load_captions(
            config.dataset,
            train_split=config.train_split,
            test_split=config.test_split,
            data_dir=config.data_dir,
            download=config.download,
        )

    def task(backbone: keras.Model, data: CaptionSet) -> Task:
        return _Captioning(config, backbone, data)

    return train_task(config, task, load, backbone=backbone, run_eagerly=run_eagerly, verbose=verbose)


def evaluate_captioner(captioner: Captioner, split: CaptionSplit, batch_size: int = 32) -> dict[str, float]:
    """How well a captioner describes the images of a split.

    Returns:
      "bleu1" to "bleu4" as `bleu` computes them, and "exact", the share of captions that equal a known one, in percent.
    """
    written = []
    for images in in_groups(split.read(), batch_size):
        written += captioner.describe(images)
    exact = sum(caption in known for caption, known in zip(written, split.captions, strict=True))
    return {**bleu(written, split.captions), "exact": 100 * exact / split.count}


def caption_batches(
    split: CaptionSplit, vocabulary: Vocabulary, config: CaptioningConfig, epoch: int
) -> tf.data.Dataset:
    """The shuffled training batches of one epoch, the same whenever they are made again.

    Each image comes once in an epoch, with one of its captions, drawn at random.

    Args:
      split: What to train on.
      vocabulary: The known words.
      config: For the image size, the batch size, the longest caption and the seed.
      epoch: Counted from 0.

    Returns:
      Batches of {"images": float32 (batch, *image_size, 3), "words": int32 (batch, n)} and the words to say, int32
      (batch, n); see `Vocabulary.encode`. Shorter captions are filled with 0.
    """
    flat = tf.constant([caption for some in split.captions for caption in some])
    texts = tf.RaggedTensor.from_row_lengths(flat, [len(some) for some in split.captions])

    def example(key, stored):
        image, known = stored
        chosen = tf.random.stateless_uniform([], key, 0, tf.size(known), tf.int32)
        words, said = vocabulary.encode(known[chosen], config.longest)
        return {"images": on_canvas(image, config.image_size)[0], "words": words}, said

    pairs = tf.data.Dataset.zip((split.read(), tf.data.Dataset.from_tensor_slices(texts)))
    data = shuffled(pairs, split.count, config.seed, epoch).map(example, num_parallel_calls=tf.data.AUTOTUNE)
    batches = data.padded_batch(config.batch_size)
    counted = tf.data.experimental.assert_cardinality(math.ceil(split.count / config.batch_size))
    return batches.apply(counted).prefetch(tf.data.AUTOTUNE)


class _Captioning(Task):
    """A captioner and what it is trained and tested on."""

    name = "captioning"
    losses = ("loss",)

    def __init__(self, config: CaptioningConfig, backbone: keras.Model, captions: CaptionSet):
        self.config, self.captions = config, captions
        known = (caption for some in captions.train.captions for caption in some)
        self.vocabulary = Vocabulary.of(known, config.vocabulary)
        self.model = build_captioner(backbone, config, len(self.vocabulary))
        self.compiling = {"loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=FILL_ID)}
        self.captioner = Captioner(self.model, self.vocabulary, longest=config.longest, beam=config.beam)
        self.train_count = captions.train.count
        counts = {f"{name}_images": split.count for name, split in captions.test_splits.items()}
        self.facts = {**counts, "words": len(self.vocabulary.words)}

    def train_batches(self, epoch: int) -> tf.data.Dataset:
        return caption_batches(self.captions.train, self.vocabulary, self.config, epoch)

    def scores(self) -> Row:
        return {
            f"{name}_{score}": value
            for name, split in self.captions.test_splits.items()
            for score, value in evaluate_captioner(self.captioner, split).items()
        }

    def keep(self, folder: Path, history: list[Row]) -> None:
        """The words, test images with captions, and curves."""
        files = CaptioningFiles(folder)
        write_json(files.words, {"words": self.vocabulary.words})
        test = self.captions.test
        images = [pixels_of(image).numpy() for image in test.read().take(DRAWN)]
        written = self.captioner.describe_placed(on_canvases(images, self.config.image_size)[0])
        known = [some[0] for some in test.captions[:DRAWN]]
        plotting.draw_captions(images, known, written).savefig(files.captions, dpi=120)
        plotting.draw_captioning_curves(history).savefig(files.curves, dpi=120)

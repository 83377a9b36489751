"""BLEU of captions, by sacrebleu."""

from collections.abc import Sequence
from typing import Any

ORDERS = 1, 2, 3, 4


def bleu(captions: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """BLEU-1 to BLEU-4 of all captions together, from 0 to 100.

    The n-grams up to n words count alike, over the whole corpus, without smoothing; brevity is measured against the
    reference whose length is closest.

    Args:
      captions: Words with spaces between them, taken as they are: clean captions and references in the same way before.
      references: For each caption, one or more known ones.

    Returns:
      "bleu1" to "bleu4".

    Raises:
      ImportError: if sacrebleu is missing.
      ValueError: if there are no captions, or not as many as lists of references, or a list is empty.

    Reference:
      Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation", ACL 2002.
    """
    metric = import_bleu()
    if not captions or len(captions) != len(references) or not all(references):
        raise ValueError(
            f"BLEU needs captions, and for each of them at least one reference; got {len(captions)} captions and "
            f"references of {sum(map(bool, references))}."
        )
    streams = [
        [some[number] if number < len(some) else None for some in references]
        for number in range(max(map(len, references)))
    ]
    scores = {}
    for order in ORDERS:
        score = metric(max_ngram_order=order, tokenize="none", smooth_method="none", force=True)
        scores[f"bleu{order}"] = float(score.corpus_score(list(captions), streams).score)
    return scores


def import_bleu() -> Any:
    """Sacrebleu's metric. Raises ImportError that says how to install it."""
    try:
        from sacrebleu.metrics import BLEU
    except ImportError as error:
        raise ImportError("BLEU needs sacrebleu. Run pip install 'cutmix_tf[captions]'.") from error
    return BLEU

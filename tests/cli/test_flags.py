"""Options of other training programs are answered with what to write here, and ours are left alone."""

import dataclasses

import pytest

from cutmix_tf.cli import main
from cutmix_tf.cli._config import read_config
from cutmix_tf.cli._flags import OURS, check_flags
from cutmix_tf.training import TrainConfig

KNOWN = [field.name for field in dataclasses.fields(TrainConfig)]
FROM_ELSEWHERE = {
    "the official command": (
        "--net_type pyramidnet --dataset cifar100 --depth 200 --alpha 240 --batch_size 64 --lr 0.25 "
        "--expname PyraNet200 --epochs 300 --beta 1.0 --cutmix_prob 0.5 --no-verbose",
        [
            "--beta 1.0 --cutmix_prob 0.5: --mix 'CutMix(alpha=1.0, prob=0.5)'",
            "--net_type pyramidnet --depth 200 --alpha 240: --model pyramidnet200",
            "--lr 0.25: --learning-rate 0.25",
            "--expname PyraNet200: --run-dir runs/PyraNet200",
            "--no-verbose: nothing; it is not needed",
        ],
    ),
    "no mixing": ("--beta 0 --cutmix_prob 0.5", ["--beta 0 --cutmix_prob 0.5: --mix none"]),
    "timm": (
        "-b 64 --opt adamw --wd=0.05 --mixup 0.2 --clip-grad 1 --model-ema --smoothing 0.1",
        [
            "-b 64: --batch-size 64",
            "--opt adamw: --optimizer adamw",
            "--wd 0.05: --weight-decay 0.05",
            "--mixup 0.2: --mix 'MixUp(alpha=0.2)'",
            "--clip-grad 1: --clip-norm 1",
            "--model-ema: --ema 0.9999",
            "--smoothing 0.1: --label-smoothing 0.1",
        ],
    ),
}


@pytest.mark.parametrize(("words", "hints"), FROM_ELSEWHERE.values(), ids=FROM_ELSEWHERE)
def test_each_option_from_elsewhere_gets_what_to_write_here(words, hints):
    with pytest.raises(ValueError, match="from another program") as refused:
        check_flags(words.split(), KNOWN)
    assert [line.strip() for line in str(refused.value).splitlines()[1:]] == hints


def test_a_command_ends_with_the_hints():
    with pytest.raises(SystemExit, match=r"cutmix-tf train: These options are from another program.*\n  --lr 0.1: "):
        main(["train", "--lr", "0.1"])


def test_our_own_options_are_left_alone(tmp_path):
    check_flags(["shapes_resnet20", "--batch_size", "8", "--batch-size=8", "--mix-schedule", "0", "-1e3"], KNOWN)
    assert not {name.replace("-", "_") for name in OURS} & {*KNOWN}


def test_what_is_written_instead_is_taken():
    """By the command line itself."""
    for words, hints in FROM_ELSEWHERE.values():
        for hint in hints:
            written = hint.partition(": ")[2].replace("'", "").split(maxsplit=1)
            if written[0].startswith("--"):
                read_config(["shapes_resnet20", *written], words)

"""Sizes of image files from their headers, against PIL, for all kinds of files that are decoded."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from cutmix_tf import datasets
from cutmix_tf.datasets._header import image_size

SIZE = (37, 301)  # height, width
KINDS = {
    "png": ("PNG", "RGB", {}),
    "png with a palette": ("PNG", "P", {}),
    "png with transparency": ("PNG", "RGBA", {}),
    "png of 16 bits": ("PNG", "I;16", {}),
    "gif": ("GIF", "P", {}),
    "jpeg": ("JPEG", "RGB", {}),
    "gray jpeg": ("JPEG", "L", {}),
    "progressive jpeg": ("JPEG", "RGB", {"progressive": True}),
    "jpeg with a profile": ("JPEG", "RGB", {"icc_profile": bytes(200_000)}),
    "jpeg with a comment": ("JPEG", "RGB", {"comment": b"\xff\xc0" * 1000}),
}


def encode(kind):
    form, mode, options = KINDS[kind]
    buffer = io.BytesIO()
    Image.new(mode, SIZE[::-1]).save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_is_that_of_the_decoded_image(tmp_path, kind):
    file = tmp_path / "image"
    file.write_bytes(encode(kind))
    assert image_size(file) == SIZE
    assert tuple(datasets.decode(file.read_bytes()).shape[:2]) == SIZE


def test_bytes_that_fill_up_a_jpeg(tmp_path):
    file, jpeg = tmp_path / "image", encode("jpeg")
    frame = jpeg.index(b"\xff\xc0")
    file.write_bytes(jpeg[:frame] + b"\xff\xff\xff" + jpeg[frame:])
    assert image_size(file) == SIZE
    assert tuple(datasets.decode(file.read_bytes()).shape[:2]) == SIZE


def test_other_segments_before_the_frame_header(tmp_path):
    """Huffman tables, which begin with a code next to those of frames."""
    file, jpeg = tmp_path / "image", encode("jpeg")
    table, frame = jpeg.index(b"\xff\xc4"), jpeg.index(b"\xff\xc0")
    length = int.from_bytes(jpeg[table + 2 : table + 4], "big")
    file.write_bytes(jpeg[:frame] + jpeg[table : table + 2 + length] + jpeg[frame:])
    assert image_size(file) == SIZE
    assert tuple(datasets.decode(file.read_bytes()).shape[:2]) == SIZE


@pytest.mark.parametrize("kind", ["png", "gif", "jpeg"])
def test_files_that_end_in_their_header(tmp_path, kind):
    file, encoded = tmp_path / "image", encode(kind)
    file.write_bytes(encoded[:9])
    with pytest.raises(ValueError, match=r"needs a header that says its size; .*image ends before it"):
        image_size(file)


@pytest.mark.parametrize("content", [b"", b"not an image", b"\xff\xd8 and then something else"])
def test_files_that_are_something_else(tmp_path, content):
    file = tmp_path / "image"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="An image needs"):
        image_size(file)


def test_all_sizes(tmp_path):
    draw = np.random.default_rng(0)
    for number in range(60):
        height, width = draw.integers(1, 500, 2)
        encode = (tf.io.encode_png, tf.io.encode_jpeg)[number % 2]
        (tmp_path / "image").write_bytes(encode(np.zeros((height, width, 3), np.uint8)).numpy())
        assert image_size(tmp_path / "image") == (height, width)

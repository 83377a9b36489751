"""The size of an image file, from its header alone."""

import struct
from pathlib import Path
from typing import BinaryIO

_OTHER_SEGMENTS = (0xC4, 0xC8, 0xCC)  # those between the frame headers, C0 to CF, that are none


def image_size(file: str | Path) -> tuple[int, int]:
    """Height and width of a JPEG, PNG or GIF file.

    Raises:
      ValueError: if the file doesn't begin as one of these.
    """
    with open(file, "rb") as stream:
        start = stream.read(24)
        try:
            if start.startswith(b"\x89PNG\r\n\x1a\n"):
                width, height = struct.unpack(">II", start[16:24])
            elif start.startswith(b"GIF8"):
                width, height = struct.unpack("<HH", start[6:10])
            elif start.startswith(b"\xff\xd8"):
                height, width = _jpeg_size(stream)
            else:
                raise ValueError(f"An image needs the header of a JPEG, PNG or GIF; {file} has none.")
        except struct.error:
            raise ValueError(f"An image needs a header that says its size; {file} ends before it.") from None
    return height, width


def _jpeg_size(stream: BinaryIO) -> tuple[int, int]:
    """Skips from segment to segment up to the frame header."""
    stream.seek(2)
    while True:
        marker, code, length = struct.unpack(">BBH", stream.read(4))
        if marker != 0xFF:
            raise struct.error
        if code == 0xFF:  # a byte that fills up
            stream.seek(-3, 1)
        elif 0xC0 <= code <= 0xCF and code not in _OTHER_SEGMENTS:
            _, height, width = struct.unpack(">BHH", stream.read(5))
            return height, width
        else:
            stream.seek(length - 2, 1)

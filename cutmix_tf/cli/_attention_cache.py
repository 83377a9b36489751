"""Builds the attention cache that a config trains with: python -m cutmix_tf.attention CONFIG [overrides]."""

import sys

from cutmix_tf.attention import cached_maps
from cutmix_tf.training import load_images, read_command_line


def main() -> None:
    """Reads the config as training does, builds or checks the cache, and says what it holds."""
    try:
        config = read_command_line(sys.argv[1:])
        if config.teacher is None:
            raise ValueError("The config has no teacher, so it needs no cache. Set teacher, for example a .keras file.")
        images = load_images(config)
        path = config.cache_path
        maps = cached_maps(path, images.train, config.teacher)
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        sys.exit(f"python -m cutmix_tf.attention: {error}")
    count, rows, columns = maps.shape
    print(f"{path}: {count} maps of {rows}×{columns} cells, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

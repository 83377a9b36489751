"""A program: prints a digest of what each method makes of one batch, without XLA."""

from helpers.cases import digests

from cutmix_tf import _xla


def main():
    _xla.available = lambda: False
    print(*digests(), sep="\n")


if __name__ == "__main__":
    main()

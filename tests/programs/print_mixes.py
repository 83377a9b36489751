"""A program: prints a digest of what each method makes of one batch, one operation at a time."""

from helpers.cases import digests
from helpers.execution import op_by_op


def main():
    with op_by_op():
        print(*digests(), sep="\n")


if __name__ == "__main__":
    main()

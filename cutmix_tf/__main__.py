"""The command line as a module: python -m cutmix_tf COMMAND."""

from cutmix_tf.cli import main

if __name__ == "__main__":
    main()

"""The command line: python -m cutmix_tf COMMAND."""

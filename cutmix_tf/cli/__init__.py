"""The command line: `cutmix-tf COMMAND …` or `python -m cutmix_tf COMMAND …`."""

from cutmix_tf.cli._main import main as main
from cutmix_tf.cli._main import run_command as run_command

"""The format of a run: its files, settings, history, summary, checkpoints and lock."""

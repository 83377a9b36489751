"""Which devices train: one, several replicas, a TPU, or several workers."""

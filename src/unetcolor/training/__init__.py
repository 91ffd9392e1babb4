"""Training: from a folder to weights."""

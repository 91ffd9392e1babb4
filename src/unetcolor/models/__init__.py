"""Model files: what is in them, and which ones there are."""

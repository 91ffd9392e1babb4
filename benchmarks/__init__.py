"""Measurements of unetcolor. Each module prints one report: ``python -m benchmarks.color --help``."""

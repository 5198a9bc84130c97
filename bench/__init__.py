"""Measurements: `make bench`, or one part with `python -m bench calls`. Figures are printed, never asserted."""

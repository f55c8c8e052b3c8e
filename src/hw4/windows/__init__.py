"""Problem 1: which of five types a window on a photograph is."""

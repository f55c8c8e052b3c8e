"""Moved to `compute`; this name goes when the last wing has moved."""

from hw4.foundation.compute import generator, seed_everything

__all__ = ["generator", "seed_everything"]

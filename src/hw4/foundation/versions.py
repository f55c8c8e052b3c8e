"""Moved to `experiment`; this name goes when the last wing has moved."""

from hw4.foundation.experiment import version

__all__ = ["version"]

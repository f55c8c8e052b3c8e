"""Moved to `compute`; this name goes when the last wing has moved."""

from hw4.foundation.compute import Device, device

__all__ = ["Device", "device"]

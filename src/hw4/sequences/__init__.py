"""Problem 2: a vanilla RNN and two networks that do not share their weights over time."""

"""Problem 4: the shapes and the parameters of a transformer layer."""

"""What the four problems share: places, data files, stored results, progress, figures, words."""

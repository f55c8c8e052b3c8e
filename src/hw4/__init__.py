"""Homework 4 of CS/DS 541: four problems, one submission."""

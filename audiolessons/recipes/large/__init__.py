"""Recipes of the part on large models."""

"""Recipes of the part on tasks."""

"""Recipes of the part on music."""

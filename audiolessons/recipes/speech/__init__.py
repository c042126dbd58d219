"""Recipes of the part on speech."""

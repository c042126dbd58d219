"""Recipes of the chapter on efficiency."""

"""Recipes of the chapter on echo."""

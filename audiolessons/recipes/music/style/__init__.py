"""Recipes of the chapter on style."""

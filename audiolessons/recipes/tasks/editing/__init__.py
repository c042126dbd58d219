"""Recipes of the chapter on editing."""

"""Recipes of the chapter on emotion."""

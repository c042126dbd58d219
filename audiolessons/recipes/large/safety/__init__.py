"""Recipes of the chapter on safety."""

"""Recipes of the part on sound."""

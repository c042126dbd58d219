"""Recipes of the chapter on multimodal."""

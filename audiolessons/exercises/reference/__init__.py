"""Exercises of the reference pages, one file a page."""

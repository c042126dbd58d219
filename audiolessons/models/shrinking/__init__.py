"""Smaller networks: counted, pruned, quantised, taught by larger ones, factorised."""

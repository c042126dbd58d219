"""What networks are built from: masks and averages, cells, attention."""

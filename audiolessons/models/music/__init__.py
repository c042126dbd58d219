"""What networks do with piano rolls: the next frame, and the one after it."""

"""Where the files of the data sets come from: registry, downloads, copies on disk, reports."""

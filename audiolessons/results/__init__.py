"""What was measured, and the weights it was measured with: one store that chapters read."""

from audiolessons.results.rows import Row, slug
from audiolessons.results.scenes import read_scenes, write_scenes
from audiolessons.results.store import add, check_writable, read, results_folder, rows
from audiolessons.results.tables import Table, table, value

__all__ = [
    "Row",
    "Table",
    "add",
    "check_writable",
    "read",
    "read_scenes",
    "results_folder",
    "rows",
    "slug",
    "table",
    "value",
    "write_scenes",
]

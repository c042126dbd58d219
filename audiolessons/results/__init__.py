"""What was measured, and the weights it was measured with: one store that chapters read."""

from audiolessons.results.rows import Row, slug
from audiolessons.results.store import add, check_writable, read, results_folder, rows

__all__ = ["Row", "add", "check_writable", "read", "results_folder", "rows", "slug"]

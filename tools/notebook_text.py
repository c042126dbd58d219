"""Print what a notebook says, for `git diff`: sources and text outputs, no pictures, no sounds.

Once in each clone: git config diff.notebook.textconv "python3 tools/notebook_text.py"
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path


def lines(notebook: dict) -> Iterator[str]:
    """Yield the cells of a notebook as text."""
    for cell in notebook["cells"]:
        tags = " ".join(cell["metadata"].get("tags", []))
        yield f"--- {cell['cell_type']} {cell.get('id', '')} {tags}".rstrip()
        yield "".join(cell["source"])
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            text = output.get("text") or output.get("traceback") or data.get("text/plain", "")
            yield f">>> {output['output_type']} {' '.join(sorted(data))}".rstrip()
            yield "".join(text)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join(lines(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))

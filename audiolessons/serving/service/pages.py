"""The pages of the service, from its own files: nothing is loaded from anywhere else."""

from __future__ import annotations

from html import escape
from importlib.resources import files

FILES = {
    "service.css": "text/css",
    "service.js": "text/javascript",
    "microphone.js": "text/javascript",
    "recorder.js": "text/javascript",
    "wav.js": "text/javascript",
}
FOLDERS = ("service", "modules")  # its own, and what pages of the book share


def static(name: str) -> str:
    """Return the text of a file of the service's page.

    Chapter: large/serving
    """
    static_files = files("audiolessons").joinpath("static")
    found = (static_files.joinpath(folder, name) for folder in FOLDERS)
    return next(path for path in found if path.is_file()).read_text(encoding="utf-8")


def of_interface(made: dict) -> str:
    """Return an OpenAPI document as a page: what can be asked, and what is answered.

    Chapter: large/serving
    """
    about = made["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(about['title'])}</title>",
        '<link rel="stylesheet" href="/service.css"><link rel="icon" href="data:,"></head>',
        f"<body><main><h1>{escape(about['title'])}</h1><p>{escape(about['description'])}</p>",
        '<p>The same for programs: <a href="/openapi.json">openapi.json</a>. An example:</p>',
        "<pre tabindex='0'>curl --data-binary @digits.wav -H 'Content-Type: audio/wav' "
        "http://127.0.0.1:8000/v1/recognise</pre>",
    ]
    for path, by_method in made["paths"].items():
        for method, one in by_method.items():
            parts += _operation(path, method, one)
    parts += [
        "<h2>WebSocket /v1/stream</h2><p>Sound that is answered while it arrives. Say first what "
        'is wanted, <code>{"task": "denoise", "sample_rate": 16000}</code> or '
        '<code>"recognise"</code> and 8000, with <code>"key"</code> where one is asked for; then '
        "send parts of 16-bit samples, little-endian, one channel, 64,000 samples at most; end "
        'with <code>{"end": true}</code>. What comes back is cleaned samples, or '
        '<code>{"text": "four two"}</code> whenever a word has come, and at last '
        '<code>{"done": true}</code>. <code>{"error": ...}</code> says what went wrong.</p>',
        "</main></body></html>",
    ]
    return "".join(parts)


def _operation(path, method, one):
    yield f"<h2>{escape(method.upper())} {escape(path)}</h2>"
    yield f"<p>{escape(one.get('description', ''))}</p>"
    if body := one.get("requestBody"):
        kinds = ", ".join(body["content"])
        yield f"<p>{escape(body['description'])} Content-Type: {escape(kinds)}.</p>"
    for option in one.get("parameters", ()):
        choices = option["schema"].get("enum", ())
        yield f"<p>Option <code>{escape(option['name'])}</code>: {escape(', '.join(choices))}.</p>"
    yield "<table><tr><th>status</th><th>what it says</th></tr>"
    for status, answer in sorted(one["responses"].items()):
        yield f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])}</td></tr>"
    yield "</table>"

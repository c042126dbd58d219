"""What must hold for the built site, one function for each rule; each returns a list of problems.

No browser is needed here: the pages are read as they lie in the folder.
"""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

WEIGHT_LIMIT_BYTES = 2_500_000
NOT_PAGES = {"_static", "_media", "_take", "_images", "_sources"}
RESOURCES = {
    "script": "src",
    "img": "src",
    "audio": "src",
    "source": "src",
    "video": "src",
    "iframe": "src",
    "embed": "src",
    "object": "data",
}
RESOURCE_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest"}
FILE_NAME = re.compile(r"^[\w./-]*\.(webp|png|jpe?g|svg|gif)$", re.IGNORECASE)
RAW_MARKUP = re.compile(
    r"\{[a-z][\w:-]*\}`|^\s*:{3,}|^\s*`{3,}|\{cite\}|\{note\}|^\s*\([\w:-]+\)=$"
    r"|\$\$|\\begin\{|\\\(|\\frac|\\sum",
    re.MULTILINE,
)
CSS_FOREIGN = re.compile(r"@import[^;]*|url\(\s*[\"']?(?:https?:)?//[^)]*\)")


def page_files(site):
    """Every HTML page of the site, sorted."""
    site = Path(site)
    paths = sorted(site.rglob("*.html"))
    return [path for path in paths if path.relative_to(site).parts[0] not in NOT_PAGES]


@cache
def _read(path, modified):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def soup_of(path):
    """The parsed page; parsed again when the file has changed."""
    return _read(path, path.stat().st_mtime_ns)


@cache
def _anchors(path, modified):
    return {element["id"] for element in _read(path, modified).find_all(id=True)}


def anchors_of(path):
    """The places on a page that a link may lead to."""
    return _anchors(path, path.stat().st_mtime_ns)


def forget():
    """Let go of the pages that were read: millions of objects, which slow down what comes after."""
    _read.cache_clear()


def _is_foreign(address):
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in {"http", "https", "ftp"}


def _target(site, page, address):
    """The file an address within the site leads to."""
    path = unquote(urlsplit(address).path)
    if not path:
        return page
    target = (site / path.lstrip("/")) if path.startswith("/") else (page.parent / path)
    target = target.resolve()
    return target / "index.html" if target.is_dir() else target


def broken_links(site, page):
    """Links within the site whose file or anchor is not there."""
    site = Path(site).resolve()
    page = page.resolve()
    problems = []
    for link in soup_of(page).find_all("a", href=True):
        address = link["href"]
        scheme = urlsplit(address).scheme
        if _is_foreign(address) or scheme in {"mailto", "tel", "javascript"}:
            continue
        target = _target(site, page, address)
        if not target.is_file():
            problems.append(f"{address}: no such file")
            continue
        anchor = unquote(urlsplit(address).fragment)
        if anchor and target.suffix == ".html" and anchor not in anchors_of(target):
            problems.append(f"{address}: no such anchor")
    return problems


def missing_resources(site, page):
    """Scripts, styles, pictures and sounds that the page names and the site does not have."""
    site, page = Path(site).resolve(), page.resolve()
    return [
        f"{address}: no such file"
        for address in resources(page)
        if not _is_foreign(address)
        and not address.startswith(("data:", "#"))
        and not _target(site, page, address).is_file()
    ]


def resources(page):
    """Addresses of everything that the page loads."""
    found = []
    for element in soup_of(page).find_all([*RESOURCES, "link"]):
        if element.name == "link":
            if RESOURCE_LINKS & set(element.get("rel", ())):
                found.append(element.get("href", ""))
        elif element.get(RESOURCES[element.name]):
            found.append(element[RESOURCES[element.name]])
    return found


def foreign_resources(page):
    """What the page would load from another origin."""
    problems = [address for address in resources(page) if _is_foreign(address)]
    for element in soup_of(page).find_all("style"):
        problems += CSS_FOREIGN.findall(element.get_text())
    return problems


def foreign_styles(css):
    """What a style sheet would load from another origin, or import at all."""
    return CSS_FOREIGN.findall(css)


def data_payloads(page):
    """Pictures and sounds that still travel inside the page."""
    return [address[:60] for address in resources(page) if address.startswith("data:")]


def pictures_without_text(page):
    """Pictures whose alternative text is missing or the name of a file."""
    problems = []
    for picture in soup_of(page).find_all("img"):
        text = picture.get("alt")
        beside = picture.parent.get_text(strip=True) if picture.parent.name == "a" else ""
        if text is None or (not text.strip() and not beside):
            problems.append(f"{picture.get('src')}: no alternative text")
        elif FILE_NAME.match(text.strip()):
            problems.append(f"{picture.get('src')}: the alternative text is a file name: {text}")
    return problems


def sounds_without_text(page):
    """Players that do not say what is heard."""
    return [
        f"{sound.get('src')}: no description"
        for sound in soup_of(page).find_all("audio")
        if not (sound.get("aria-label") or "").strip()
    ]


def visible_text(page):
    """What a reader sees of the article, without code and formulae."""
    body = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    article = body.find("article") or body.body or body
    for element in article.find_all(["pre", "code", "math", "script", "style", "svg"]):
        element.decompose()
    return article.get_text("\n")


def raw_markup(page):
    """Directives and formulae that came through as text."""
    return [match.group(0).strip() for match in RAW_MARKUP.finditer(visible_text(page))]


def failed_formulae(page):
    """Formulae that did not convert."""
    soup = soup_of(page)
    return [str(element)[:120] for element in soup.select("merror, .al-math-error, .temml-error")]


def repeated_scripts(page):
    """Scripts that the page loads twice."""
    sources = [script["src"].split("?")[0] for script in soup_of(page).find_all("script", src=True)]
    return sorted({source for source in sources if sources.count(source) > 1})


def missing_head(page):
    """What the head of a page must say."""
    soup = soup_of(page)
    problems = []
    if (soup.html.get("lang") or "") != "en":
        problems.append("no lang=en")
    if not soup.title or not soup.title.get_text(strip=True):
        problems.append("no title")
    if not soup.find("meta", attrs={"name": "description", "content": True}):
        problems.append("no description")
    return problems


def missing_downloads(site, page):
    """A chapter offers its student notebook, without solutions, and the wheel."""
    site, page = Path(site).resolve(), page.resolve()
    box = soup_of(page).select_one(".al-take")
    if box is None:
        return ["no box of downloads"]
    targets = [_target(site, page, link["href"]) for link in box.find_all("a", href=True)]
    problems = [f"{target.name}: not there" for target in targets if not target.is_file()]
    if not any(target.suffix == ".whl" for target in targets):
        problems.append("no wheel")
    notebooks = [target for target in targets if target.suffix == ".ipynb" and target.is_file()]
    if not notebooks:
        problems.append("no notebook")
    for notebook in notebooks:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        if any("solution" in cell["metadata"].get("tags", []) for cell in cells):
            problems.append(f"{notebook.name}: holds solutions")
    return problems


def weight_bytes(site, page):
    """What a reader's connection carries: texts compressed, pictures that are shown at once as
    they are; sounds load after a click and the other positions of a slider when it is used."""
    site, page = Path(site).resolve(), page.resolve()
    total = len(gzip.compress(page.read_bytes()))
    soup = soup_of(page)
    later = {
        id(element)
        for frame in soup.select("details.al-frame:not([open]), .al-frame[hidden]")
        for element in frame.find_all("img")
    }
    files = {_target(site, page, a) for a in resources(page) if not a.startswith("data:")}
    for picture in soup.find_all("img", src=True):
        if id(picture) in later:
            files.discard(_target(site, page, picture["src"]))
    for sound in soup.find_all("audio", src=True):
        if sound.get("preload") == "none":
            files.discard(_target(site, page, sound["src"]))
    for file in files:
        if file.is_file():
            content = file.read_bytes()
            compresses = file.suffix in {".css", ".js", ".svg", ".json", ".html"}
            total += len(gzip.compress(content)) if compresses else len(content)
    return total


def too_heavy(site, page):
    """A page over the limit."""
    weight = weight_bytes(site, page)
    return [f"{weight / 1e6:.2f} MB"] if weight > WEIGHT_LIMIT_BYTES else []

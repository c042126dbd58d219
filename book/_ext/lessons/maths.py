"""Formulae are rendered when the site is built: TeX goes in, MathML comes out.

The page then needs no script and no other origin for its maths, and a screen reader reads the
formula itself. Temml (MIT licence, version 0.13.5, in `temml/`) does the conversion, run by the
V8 engine that the package mini-racer carries. A formula that does not convert fails the build.
"""

import re
from functools import cache
from pathlib import Path

from docutils.nodes import SkipNode, math, math_block
from py_mini_racer import MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

TEMML = Path(__file__).parent / "temml" / "temml.min.js"
BEFORE_COMMA = re.compile(r"(<math\b(?:(?!</math>).)*</math>)([,.;:?!)]+)", re.DOTALL)
FONT = "_static/fonts/stix-two-math-subset.woff2"
RENDER = """
function render(tex, block) {
  try {
    const options = { displayMode: block, throwOnError: true, wrap: "none" };
    return { mathml: temml.renderToString(tex, options) };
  } catch (error) {
    return { error: String(error.message || error).split("\\n")[0] };
  }
}
"""
# Numbers are Sphinx's business, so environments that number their lines become those that do not.
ENVIRONMENT = re.compile(r"\\(begin|end)\{(align|equation|gather|multline|eqnarray)\*?\}")
UNNUMBERED = {
    "align": "aligned",
    "gather": "gathered",
    "multline": "gathered",
    "eqnarray": "aligned",
    "equation": None,
}


@cache
def _engine():
    engine = MiniRacer()
    engine.eval(TEMML.read_text(encoding="utf-8"))
    engine.eval(RENDER)
    return engine


def without_numbers(tex):
    """The same formula without labels and in environments that do not number their lines."""

    def replace(match):
        name = UNNUMBERED[match[2]]
        return f"\\{match[1]}{{{name}}}" if name else ""

    return ENVIRONMENT.sub(replace, re.sub(r"\\label\{[^}]*\}", "", tex)).strip()


@cache
def to_mathml(tex, *, block=False):
    """MathML of one TeX formula; ValueError with Temml's message where it is not one."""
    tex = without_numbers(tex)
    if block and "\\\\" in tex and "\\begin" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    answer = _engine().call("render", tex, block)
    if "error" in answer:
        raise ValueError(f"{answer['error']} (in {tex!r})")
    return answer["mathml"]


def _render(node, *, block):
    try:
        return to_mathml(node.astext(), block=block)
    except ValueError as error:
        logger.warning("formula that does not convert: %s", error, location=node)
        return '<span class="al-math-error">formula</span>'


def visit_inline(self, node):
    self.body.append(_render(node, block=False))
    raise SkipNode


def visit_block(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    self.body.append(f'<div class="al-formula">{_render(node, block=True)}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise SkipNode


def on_page(app, pagename, templatename, context, doctree):
    """Pages with formulae ask for the font early, so that the text does not move when it comes.

    A formula and the comma or full stop behind it stay on one line.
    """
    if doctree is None or not any(doctree.findall(lambda n: isinstance(n, (math, math_block)))):
        return
    context["body"] = BEFORE_COMMA.sub(r'<span class="al-together">\1\2</span>', context["body"])
    font = context["pathto"](FONT, 1)
    link = f'<link rel="preload" href="{font}" as="font" type="font/woff2" crossorigin>'
    context["metatags"] = "\n".join([context.get("metatags", ""), link])


def setup(app):
    app.connect("html-page-context", on_page)
    app.add_html_math_renderer(
        "mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None)
    )
    app.add_css_file("math.css")

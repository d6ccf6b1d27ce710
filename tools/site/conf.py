"""Sphinx's settings of the site, for the language that SITE_LANGUAGE names; run by build.py."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
language = os.environ["SITE_LANGUAGE"]
course = HERE.parents[1] / "src/tailrace/course" / language
words = tomllib.loads((course / "site.toml").read_text(encoding="utf-8"))

project = words["title"]
html_title = words["title"]
extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 4
# Texts have the quotation marks and dashes that are meant.
smartquotes = False
locale_dirs = [os.environ["SITE_LOCALES"]]
suppress_warnings = ["misc.highlighting_failure"]
templates_path = [str(HERE / "templates")]
html_theme = "furo"
html_static_path = [str(HERE / "static"), os.environ["SITE_STATIC"]]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"}), ("learn.js", {"defer": "defer"})]
html_favicon = str(HERE.parents[1] / "src/tailrace/ui/static/icon.svg")
html_copy_source = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False
html_permalinks_icon = "#"
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
other = "en" if language == "ru" else "ru"
html_context = {
    "words": words,
    "words_json": json.dumps(words, ensure_ascii=False),
    "other": other,
}


_NAME = re.compile(r'(<code class="docutils literal notranslate"><span class="pre">)([^<]*)')
_BREAK = re.compile(r"[._/:=,](?=\w)|(?<=[a-z])(?=[A-Z])")
"""Where a long name may go on in the next line."""


def _page(app, pagename, templatename, context, doctree):  # noqa: ANN001, ANN202, ARG001 - Sphinx's own form
    """A page of the other language says so, to people and to what reads aloud."""
    # A heading of nothing is none.
    body = context.get("body", "").replace('<th class="head"><p></p></th>', "<td></td>")
    context["body"] = _NAME.sub(lambda found: found[1] + _BREAK.sub(r"\g<0><wbr>", found[2]), body)
    context["up"] = "../" * (pagename.count("/") + 1)
    if (context.get("meta") or {}).get("foreign"):
        note = f'<p class="foreign" lang="{language}">{words["fallback"]}</p>'
        body = context["body"].replace("</h1>", f"</h1>{note}", 1)
        context["body"] = f'<div lang="{other}">{body}</div>'


def setup(app):  # noqa: ANN001, ANN201 - Sphinx's own form
    """Called by Sphinx."""
    app.connect("html-page-context", _page)

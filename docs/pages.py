"""The site: pages that lie outside of docs/ are taken in, and links between them are led to where they are then.

A hook of MkDocs (mkdocs.yml). In the repository every link works as it stands; here `../README.md` becomes `index.md`,
and any other file outside of docs/ that a page links to is taken in as it is.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parent.parent
RESULTS = ("accuracy", "live", "offline", "soak", "soak-clean", "soak-hour", "workers")
PAGES = {  # in the repository, on the site
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "samples/README.md": "samples.md",
    **{f"benchmarks/results/{name}.md": f"results/{name}.md" for name in RESULTS},
    "LICENSE": "LICENSE.txt",
}
LINK = re.compile(r"(\]\()(?!https?://|#)([^)\s#]+)")


def on_files(files: Files, config: Any) -> Files:
    """The pages and files that the site has beside those of docs/."""
    from mkdocs.structure.files import File

    for origin, place in {**PAGES, **linked()}.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / origin)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """The same text with links that lead somewhere on the site."""
    place = page.file.src_uri
    origin = next((one for one, other in PAGES.items() if other == place), f"docs/{place}")
    return LINK.sub(lambda found: found[1] + led(found[2], origin, place), markdown)


def linked() -> dict[str, str]:
    """Other files of the repository that pages link to, each with its place on the site."""
    found: dict[str, str] = {}
    for page in [*sorted((ROOT / "docs").glob("*.md")), *(ROOT / name for name in PAGES if name.endswith(".md"))]:
        origin = page.relative_to(ROOT).as_posix()
        for _, target in LINK.findall(page.read_text(encoding="utf-8")):
            there = resolved(target, origin)
            if there not in PAGES and not there.startswith("docs/") and (ROOT / there).is_file():
                found[there] = there
    return found


def led(target: str, origin: str, place: str) -> str:
    """Where a link of the file `origin` leads from the page `place`."""
    there = resolved(target, origin)
    there = PAGES.get(there, there.removeprefix("docs/"))
    return posixpath.relpath(there, posixpath.dirname(place) or ".")


def resolved(target: str, origin: str) -> str:
    """The path in the repository that a link of the file `origin` names."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))

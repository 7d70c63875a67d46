"""The site: pages that lie outside of docs/ are taken in, and links between them are led to where they are then.

A hook of MkDocs (mkdocs.yml). In the repository every link works as it stands; here `../README.md` becomes `index.md`.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
RESULTS = ("accuracy", "live", "offline", "soak", "soak-hour")
PAGES = {  # in the repository, on the site
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "samples/README.md": "samples.md",
    **{f"benchmarks/results/{name}.md": f"results/{name}.md" for name in RESULTS},
    "benchmarks/results/offline.svg": "results/offline.svg",
    "contrib/systemd/seqcheck@.service": "contrib/seqcheck@.service",
    "LICENSE": "LICENSE.txt",
}
LINK = re.compile(r"(\]\()(?!https?://|#)([^)\s#]+)")


def on_files(files: Files, config: Any) -> Files:
    """The pages and files that the site has beside those of docs/."""
    for origin, place in PAGES.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / origin)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """The same text with links that lead somewhere on the site."""
    place = page.file.src_uri
    origin = next((one for one, other in PAGES.items() if other == place), f"docs/{place}")
    return LINK.sub(lambda found: found[1] + led(found[2], origin, place), markdown)


def led(target: str, origin: str, place: str) -> str:
    """Where a link of the file `origin` leads from the page `place`."""
    there = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
    if there in PAGES:
        there = PAGES[there]
    elif there.startswith("docs/"):
        there = there.removeprefix("docs/")
    return posixpath.relpath(there, posixpath.dirname(place) or ".")

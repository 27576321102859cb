import re
from collections.abc import Collection

from django.utils.text import slugify

# The ids that the templates give to parts of their own.
OWN_ANCHOR = re.compile(
    r"source-\d+|sources|questions|main|next|call|who|find-us|urgent|site-name"
    r"|(ask|contents|related|next|error-summary)(-title)?|(logo|sky)-.*"
)


def free_anchor(heading: str, taken: Collection[str]) -> str:
    """An anchor made from the heading that is neither taken nor one of the templates' own."""
    base = slugify(heading.replace("_", " "))[:70].strip("-") or "part"
    if OWN_ANCHOR.fullmatch(base):
        base = f"{base}-part"
    return next(
        name
        for name in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
        if name not in taken
    )

from pages.models.approval import Approval, Reviewer
from pages.models.clinic import Clinic, NavItem
from pages.models.content_version import ContentVersion
from pages.models.image import Image, Rendition
from pages.models.page import Block, Citation, Page, RelatedPage, Source
from pages.models.revision import Revision
from pages.models.words import ClaimRule, GlossaryTerm, OldPath, PreviewLink

__all__ = [
    "Approval",
    "Block",
    "Citation",
    "ClaimRule",
    "Clinic",
    "ContentVersion",
    "GlossaryTerm",
    "Image",
    "NavItem",
    "OldPath",
    "Page",
    "PreviewLink",
    "RelatedPage",
    "Rendition",
    "Reviewer",
    "Revision",
    "Source",
]

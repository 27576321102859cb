from pages.models.clinic import Clinic, NavItem
from pages.models.page import Block, Citation, Page, RelatedPage, Source
from pages.models.revision import Revision

__all__ = ["Block", "Citation", "Clinic", "NavItem", "Page", "RelatedPage", "Revision", "Source"]

from pages.models.approval import Approval, Reviewer
from pages.models.block import Block, Citation
from pages.models.blocks import (
    CallToActionBlock,
    DoDontBlock,
    FigureBlock,
    FragmentBlock,
    KeyPointsBlock,
    QuestionBlock,
    StepsBlock,
    TableBlock,
    TextBlock,
    UrgentBlock,
)
from pages.models.clinic import Clinic, NavItem, OpeningTime, SpecialDay
from pages.models.content_version import ContentVersion
from pages.models.image import Image, Rendition
from pages.models.page import Page, RelatedPage
from pages.models.publication import Blocked, Pending, ScheduledLater
from pages.models.revision import Revision
from pages.models.search import SearchInclusion, SearchSection, SearchWord, Synonym
from pages.models.source import Source
from pages.models.words import ClaimRule, GlossaryTerm, OldPath, PreviewLink

__all__ = [
    "Approval",
    "Block",
    "Blocked",
    "CallToActionBlock",
    "Citation",
    "ClaimRule",
    "Clinic",
    "ContentVersion",
    "DoDontBlock",
    "FigureBlock",
    "FragmentBlock",
    "GlossaryTerm",
    "Image",
    "KeyPointsBlock",
    "NavItem",
    "OldPath",
    "OpeningTime",
    "Page",
    "Pending",
    "PreviewLink",
    "QuestionBlock",
    "RelatedPage",
    "Rendition",
    "Reviewer",
    "Revision",
    "ScheduledLater",
    "SearchInclusion",
    "SearchSection",
    "SearchWord",
    "Source",
    "SpecialDay",
    "StepsBlock",
    "Synonym",
    "TableBlock",
    "TextBlock",
    "UrgentBlock",
]

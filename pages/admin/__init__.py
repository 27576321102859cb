from pages.admin.claim_rule import ClaimRuleAdmin
from pages.admin.clinic import ClinicAdmin, NavItemAdmin
from pages.admin.glossary import GlossaryTermAdmin
from pages.admin.image import ImageAdmin
from pages.admin.old_path import OldPathAdmin
from pages.admin.page import PageAdmin
from pages.admin.reviewer import ReviewerAdmin
from pages.admin.source import SourceAdmin
from pages.admin.synonym import SynonymAdmin

__all__ = [
    "ClaimRuleAdmin",
    "ClinicAdmin",
    "GlossaryTermAdmin",
    "ImageAdmin",
    "NavItemAdmin",
    "OldPathAdmin",
    "PageAdmin",
    "ReviewerAdmin",
    "SourceAdmin",
    "SynonymAdmin",
]

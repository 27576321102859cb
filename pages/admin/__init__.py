from pages.admin.clinic import ClinicAdmin, NavItemAdmin
from pages.admin.page import PageAdmin
from pages.admin.source import SourceAdmin

__all__ = ["ClinicAdmin", "NavItemAdmin", "PageAdmin", "SourceAdmin"]

"""The index made anew, for all pages."""

from django.db import transaction
from django.utils import timezone

from pages.models import Clinic, Revision, SearchInclusion, SearchSection, SearchWord


@transaction.atomic
def rebuild() -> int:
    """The number of revisions that are in the index: the current one of each page, and those to come."""
    # One publication at a time: none is made meanwhile.
    list(Clinic.objects.select_for_update().values_list("pk"))
    for model in (SearchSection, SearchInclusion, SearchWord):
        model._default_manager.all().delete()
    wanted = Revision.objects.from_now_on(timezone.now()).select_related("page")
    count = 0
    for revision in wanted.iterator(chunk_size=200):
        SearchSection.index(revision)
        count += 1
    return count

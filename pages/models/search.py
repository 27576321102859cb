"""What the search knows: the parts of revisions, the words in them, and what patients call things.

The full-text index itself hangs on SearchSection in the database, which keeps it in step (migration 0005).
"""

from typing import TYPE_CHECKING

from django.db import models, transaction

from pages.search.sections import inclusions_of, sections_of, words_of

if TYPE_CHECKING:
    from pages.models.revision import Revision


class SearchSection(models.Model):
    """A part of a page as one revision has it; number 0 is the page's title and summary.

    It is there for every revision that is live or may still become so; `Revision.objects.live` says which of them
    readers may find.
    """

    revision = models.ForeignKey(
        "pages.Revision", on_delete=models.CASCADE, related_name="search_sections"
    )
    number = models.PositiveSmallIntegerField()
    name = models.CharField(
        max_length=200, blank=True, help_text="The page's title and short title; of number 0 only."
    )
    title = models.CharField(max_length=120, blank=True)
    heading = models.CharField(max_length=160, blank=True)
    anchor = models.CharField(max_length=80, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "number"], name="search_section_once_a_revision"
            )
        ]

    def __str__(self) -> str:
        return self.heading or self.title

    @classmethod
    @transaction.atomic
    def index(cls, revision: "Revision") -> None:
        """Make `revision` findable once it is live, and forget those of its page that never will be again."""
        snapshot = revision.snapshot
        sections = sections_of(snapshot)
        SearchSection.objects.bulk_create(
            SearchSection(revision=revision, **section) for section in sections
        )
        SearchInclusion.objects.bulk_create(
            SearchInclusion(revision=revision, **inclusion) for inclusion in inclusions_of(snapshot)
        )
        # In order: two transactions that add the same words wait for each other, and not crosswise.
        SearchWord.objects.bulk_create(
            [SearchWord(word=word) for word in sorted(words_of(sections))], ignore_conflicts=True
        )
        cls.prune(revision)

    @classmethod
    def prune(cls, newest: "Revision") -> None:
        """Which revision is current once `newest` is made stays so until a later one takes its place."""
        if newest.number == 1:
            return
        kept = newest.page.revisions.from_now_on(newest.created_at)
        ids = list(kept.values_list("pk", flat=True))
        for model in (cls, SearchInclusion):
            rows = model._default_manager.filter(revision__page=newest.page_id)
            rows.exclude(revision__in=ids).delete()


class SearchInclusion(models.Model):
    """Where a page includes a shared text: what is found in the text is shown under the page."""

    revision = models.ForeignKey("pages.Revision", on_delete=models.CASCADE, related_name="+")
    fragment = models.ForeignKey("pages.Page", on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=120)
    anchor = models.CharField(max_length=80)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.title}#{self.anchor}"


class SearchWord(models.Model):
    """A word that some revision has; among these the search looks for what a slip of the finger meant.

    Whether readers may know it is asked when it is found: what it leads to must be live.
    """

    word = models.CharField(max_length=40, primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.word


class Synonym(models.Model):
    """What patients type, and what our pages call it."""

    typed = models.TextField(
        help_text="What people type, one word or phrase on a line: low mood. Other endings are known:"
        " drive stands for driving too.",
    )
    finds = models.TextField(
        help_text="What our pages call it, one word or phrase on a line: depression."
    )

    class Meta:
        ordering = ["typed"]
        verbose_name = "word that patients use"
        verbose_name_plural = "words that patients use"

    def __str__(self) -> str:
        return ", ".join(self.typed_lines)

    @property
    def typed_lines(self) -> list[str]:
        return _lines(self.typed)

    @property
    def found_lines(self) -> list[str]:
        return _lines(self.finds)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]

import secrets

from django.db import models, transaction
from django.db.models import Q


class ContentVersion(models.Model):
    """One row whose number differs after whatever transaction changes something that readers see.

    Whoever keeps something made of it throws that away when the number is another one (clinic_site/page_cache.py,
    pages/surroundings.py). It is drawn by lot: counted up, it would come again in a database that was put back from a
    copy, and stand for other words.
    """

    ONLY_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ID, editable=False)
    number = models.PositiveBigIntegerField(default=1)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="content_version_is_one_row")]

    changes_here = 0
    """How many there were in this process: what it remembers of older rows is to be read anew."""

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def bump(cls) -> None:
        number = secrets.randbits(62)
        if not cls.objects.filter(pk=cls.ONLY_ID).update(number=number):
            cls.objects.create(number=number)
        cls._count_here()
        # Another thread may have read the old rows in between.
        transaction.on_commit(cls._count_here)

    @classmethod
    def _count_here(cls) -> None:
        cls.changes_here += 1

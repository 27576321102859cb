from django.db import models
from django.db.models import F, Q


class ContentVersion(models.Model):
    """One row whose number goes up in whatever transaction changes something that readers see.

    Whoever keeps finished pages throws them away when the number differs (clinic_site/page_cache.py).
    """

    ONLY_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ID, editable=False)
    number = models.PositiveBigIntegerField(default=1)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="content_version_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def bump(cls) -> None:
        if not cls.objects.filter(pk=cls.ONLY_ID).update(number=F("number") + 1):
            cls.objects.create()

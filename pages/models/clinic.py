from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from pages.html import clean_html, one_kind_of_line_end
from pages.models.content_version import ContentVersion
from pages.models.page import Page

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Clinic(models.Model):
    """The one row of identity. Live as it is saved: it holds facts about the clinic, not claims."""

    ONLY_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ID, editable=False)
    name = models.CharField(max_length=120)
    street = models.CharField(max_length=160)
    city = models.CharField(max_length=80)
    province = models.CharField(max_length=40)
    postal_code = models.CharField(max_length=12)
    telephone = models.CharField(
        max_length=24,
        validators=[RegexValidator(r"^[0-9+() -]{7,}$", "Enter a telephone number in digits.")],
    )
    email = models.EmailField("e-mail", help_text="Shown to the public; e-mails are sent from it.")
    hours = models.TextField(
        "opening hours",
        blank=True,
        help_text="One line for each day or group of days. Readers see it once it is confirmed.",
    )
    hours_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    hours_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    reply_promise = models.CharField(
        max_length=200,
        blank=True,
        help_text="For example: We answer within two working days."
        " Readers see it once it is confirmed.",
    )
    reply_days = models.PositiveSmallIntegerField(
        "answered within",
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="Working days: what the reply promise says, as a number. Staff see the time that is left;"
        " patients see the day once the hours and the promise are confirmed.",
    )
    holiday_region = models.CharField(
        "public holidays of",
        max_length=3,
        default="ON",
        choices=[
            *(("AB", "Alberta"), ("BC", "British Columbia"), ("MB", "Manitoba")),
            *(("NB", "New Brunswick"), ("NL", "Newfoundland and Labrador"), ("NS", "Nova Scotia")),
            *(("NT", "Northwest Territories"), ("NU", "Nunavut"), ("ON", "Ontario")),
            *(("PE", "Prince Edward Island"), ("QC", "Quebec"), ("SK", "Saskatchewan")),
            ("YT", "Yukon"),
        ],
    )
    promise_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    promise_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    urgent_help = models.TextField(
        help_text="The line at the top of every page. Keep the numbers as links:"
        ' &lt;a href="tel:911"&gt;911&lt;/a&gt;.'
    )
    urgent_help_checked_on = models.DateField(
        help_text="When somebody last called or looked up each number."
    )
    watch_notice = models.CharField(
        max_length=200,
        default="The form and the mailbox are not watched all the time.",
        help_text="Stands beside the form and at the foot of every page.",
    )
    approval_required = models.BooleanField(
        "approval is required",
        default=False,
        help_text="Condition, treatment and guide pages and shared texts are then published only as a clinician"
        " approved them.",
    )
    staff_note = models.TextField("notes to staff", blank=True, help_text="Never shown to readers.")

    class Meta:
        verbose_name_plural = "clinic"
        permissions = [("confirm_clinic", "Can confirm the hours and the reply promise")]
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="clinic_is_one_row"),
            models.CheckConstraint(
                condition=Q(hours_confirmed_at__isnull=True, hours_confirmed_by__isnull=True)
                | Q(hours_confirmed_at__isnull=False, hours_confirmed_by__isnull=False),
                name="clinic_hours_confirmed_pair",
            ),
            models.CheckConstraint(
                condition=Q(promise_confirmed_at__isnull=True, promise_confirmed_by__isnull=True)
                | Q(promise_confirmed_at__isnull=False, promise_confirmed_by__isnull=False),
                name="clinic_promise_confirmed_pair",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        self.urgent_help = clean_html(self.urgent_help)
        self.hours = one_kind_of_line_end(self.hours)
        self.reply_promise = self.reply_promise.strip()
        before = (
            Clinic.objects.filter(pk=self.pk).values("hours", "reply_promise", "reply_days").first()
        )
        undone: set[str] = set()
        # What the owner confirmed is the text, so another text waits to be confirmed again.
        if before and before["hours"] != self.hours:
            self.hours_confirmed_at = self.hours_confirmed_by = None
            undone |= {"hours_confirmed_at", "hours_confirmed_by"}
        promised = (self.reply_promise, self.reply_days)
        if before and (before["reply_promise"], before["reply_days"]) != promised:
            self.promise_confirmed_at = self.promise_confirmed_by = None
            undone |= {"promise_confirmed_at", "promise_confirmed_by"}
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, *undone}
        ContentVersion.bump()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if 'href="tel:' not in clean_html(self.urgent_help):
            raise ValidationError(
                {"urgent_help": 'Keep a number to call, as a link: <a href="tel:911">911</a>.'}
            )

    def confirm_hours(self, *, by: "User", now: datetime | None = None) -> None:
        self.hours_confirmed_at, self.hours_confirmed_by = now or timezone.now(), by
        self.save(update_fields=["hours_confirmed_at", "hours_confirmed_by"])

    def confirm_promise(self, *, by: "User", now: datetime | None = None) -> None:
        self.promise_confirmed_at, self.promise_confirmed_by = now or timezone.now(), by
        self.save(update_fields=["promise_confirmed_at", "promise_confirmed_by"])


class OpeningTime(models.Model):
    """On which weekday the clinic is open from when to when; a weekday may have several."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="opening_times")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        verbose_name = "opening time"
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")),
                name="opening_time_in_order",
                violation_error_message="It closes after it opens.",
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="opening_time_weekday"),
            models.UniqueConstraint(
                fields=["clinic", "weekday", "opens"], name="opening_time_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        ContentVersion.bump()
        super().save(*args, **kwargs)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        ContentVersion.bump()
        return super().delete(*args, **kwargs)


class SpecialDay(models.Model):
    """A day that differs: closed though it is a working day, or open though it is a public holiday."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="special_days")
    date = models.DateField()
    name = models.CharField(max_length=60)
    is_open = models.BooleanField(
        "open as usual", default=False, help_text="For a public holiday on which the clinic works."
    )

    class Meta:
        verbose_name = "special day"
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["clinic", "date"], name="special_day_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        ContentVersion.bump()
        super().save(*args, **kwargs)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        ContentVersion.bump()
        return super().delete(*args, **kwargs)


class NavItem(models.Model):
    """A line of a menu. A page that is not public has none, whatever stands here."""

    class Menu(models.TextChoices):
        HEADER = "header", "top of the page"
        FOOTER = "footer", "foot of the page"

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="nav_items")
    menu = models.CharField(max_length=8, choices=Menu)
    label = models.CharField(
        max_length=40, blank=True, help_text="Empty: the page's own short title."
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="children",
        limit_choices_to={"parent": None},
        help_text="The line of the same menu that this one stands below, if any.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["menu", "position", "pk"]
        verbose_name = "menu line"
        constraints = [
            models.UniqueConstraint(fields=["menu", "page"], name="nav_item_once_a_menu")
        ]

    def __str__(self) -> str:
        return self.label or str(self.page)

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        ContentVersion.bump()
        super().save(*args, **kwargs)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        ContentVersion.bump()
        return super().delete(*args, **kwargs)

    def clean(self) -> None:
        if self.page_id and self.page.kind == Page.Kind.FRAGMENT:
            raise ValidationError({"page": "A shared text has no address to lead to."})

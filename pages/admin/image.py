"""The desk's pictures. A page that is public keeps showing a picture as it was when the page was published."""

from typing import IO, TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from pages.admin.desk import log, signed_in
from pages.checklist.structure import FILE_NAME
from pages.images import (
    MadeImage,
    add_image,
    delete_image,
    keep_files,
    make,
    move_focal_point,
    pages_with,
)
from pages.models import Image

if TYPE_CHECKING:
    ImageModelAdmin = admin.ModelAdmin[Image]
    ImageModelForm = forms.ModelForm[Image]
    Upload = UploadedFile[bytes]
else:
    Upload = UploadedFile
    ImageModelAdmin = admin.ModelAdmin
    ImageModelForm = forms.ModelForm

WIDE = {"class": "vLargeTextField"}
WORDS = ["title", "alt", "is_decorative", "credit"]
ALREADY_HERE = "This picture is here already"


class WordsForm(ImageModelForm):
    class Meta:
        widgets = {
            "title": forms.TextInput(attrs=WIDE),
            "alt": forms.Textarea(attrs=WIDE | {"rows": 2}),
            "credit": forms.TextInput(attrs=WIDE),
        }

    def clean_alt(self) -> str:
        alt: str = self.cleaned_data["alt"]
        if FILE_NAME.fullmatch(alt.strip()):
            raise ValidationError("That is the name of a file. Say what the picture shows.")
        return alt


class AddForm(WordsForm):
    picture = forms.FileField(
        help_text="JPEG, PNG, WebP or AVIF, at most 20 MB and 25 megapixels. What the file says of place and camera is"
        " removed.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
        error_messages={
            "required": "Choose the picture’s file.",
            "empty": "The file is empty. Choose the picture again.",
        },
    )
    made: MadeImage

    def clean_picture(self) -> Upload:
        sent: Upload = self.cleaned_data["picture"]
        if problem := getattr(sent, "problem", ""):
            raise ValidationError(problem)
        return sent

    def full_clean(self) -> None:
        """The picture comes last: it takes seconds, which a missing text is not to cost."""
        super().full_clean()
        if not self.is_bound or self.errors:
            return
        try:
            self._make()
        except ValidationError as error:
            self.add_error("picture", error)

    def _make(self) -> None:
        self.made = make(cast(IO[bytes], self.cleaned_data["picture"].file))
        there = Image.objects.filter(sha256=self.made.sha256).first()
        if there:
            address = reverse("admin:pages_image_change", args=[there.pk])
            link = format_html('{}: <a href="{}">{}</a>.', ALREADY_HERE, address, there.title)
            raise ValidationError(link)
        keep_files(self.made.sha256, self.made.renditions, self.made.master)


class FocalPointForm(forms.Form):
    x = forms.IntegerField(label="Per cent from the left", min_value=0, max_value=100)
    y = forms.IntegerField(label="Per cent from the top", min_value=0, max_value=100)


@admin.register(Image)
class ImageAdmin(ImageModelAdmin):
    list_display = ["thumbnail", "title", "says", "size"]
    list_display_links = ["title"]
    search_fields = ["title", "alt", "credit"]
    list_per_page = 30
    actions = None

    def get_form(
        self, request: HttpRequest, obj: Image | None = None, change: bool = False, **kwargs: Any
    ) -> "type[forms.ModelForm[Image]]":
        return super().get_form(
            request, obj, change, form=WordsForm if change else AddForm, **kwargs
        )

    def get_fieldsets(self, request: HttpRequest, obj: Image | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["picture", *WORDS]})]
        note = (
            "A page that shows it shows another text or credit once that page is published again."
        )
        return [(None, {"fields": WORDS, "description": note})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        return super().get_queryset(request).prefetch_related("renditions")

    def has_delete_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or not pages_with(obj).exists())

    @admin.display(description="picture")
    def thumbnail(self, image: Image) -> str:
        return render_to_string("admin/pages/image/thumbnail.html", {"image": image.as_snapshot()})

    @admin.display(description="what it says", ordering="alt")
    def says(self, image: Image) -> str:
        return image.alt or "Decorative"

    @admin.display(ordering="width")
    def size(self, image: Image) -> str:
        return f"{image.width} × {image.height}"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(focal_point)
        return [
            path("<int:pk>/focal-point/", view, name="pages_image_focal_point"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if object_id is not None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        # Not in the admin's transaction: making the files takes seconds, and SQLite has one writer.
        try:
            return self._changeform_view(  # type: ignore[attr-defined]  # the stubs don't know it
                request, object_id, form_url, extra_context
            )
        except IntegrityError:
            messages.error(request, f"{ALREADY_HERE}: somebody added it just now.")
            return redirect("admin:pages_image_changelist")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context: dict[str, Any] = {}
        if image := self.get_object(request, object_id):
            point = {"x": image.focal_x, "y": image.focal_y}
            may_move = signed_in(request).has_perm("pages.change_image")
            context = {
                "image": image.as_snapshot(),
                "point_form": FocalPointForm(initial=point, label_suffix="") if may_move else None,
                "shown_on": pages_with(image),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def save_model(self, request: HttpRequest, obj: Image, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=WORDS)
        else:
            add_image(obj, form.made, by=signed_in(request))

    def response_add(
        self, request: HttpRequest, obj: Image, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to its own page, where the focal point is; a pop-up and “add another” go where they always go."""
        if {"_popup", "_addanother"} & set(request.POST):
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, "Added. Now click on what must stay in view when it is cropped.")
        return redirect("admin:pages_image_change", obj.pk)

    def delete_model(self, request: HttpRequest, obj: Image) -> None:
        delete_image(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its files go with it; their names say nothing to anybody."""
        _, _, perms_needed, protected = super().get_deleted_objects(objs, request)
        return [str(image) for image in objs], {"images": len(objs)}, perms_needed, protected


@require_POST
@permission_required("pages.change_image", raise_exception=True)
def focal_point(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    image = get_object_or_404(Image, pk=pk)
    form = FocalPointForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError("Both numbers go from 0 to 100.")
        move_focal_point(image, form.cleaned_data["x"], form.cleaned_data["y"])
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        log(request, image, "Moved the focal point.")
        messages.success(
            request, "Cropped anew. A public page shows the new crop once it is published again."
        )
    return redirect("admin:pages_image_change", image.pk)

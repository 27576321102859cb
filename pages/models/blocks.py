"""A model for each kind of block, so that each has a form of its own. All are rows of the one table."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models

from pages.models.block import Block

if TYPE_CHECKING:
    BlockManager = models.Manager[Block]
else:
    BlockManager = models.Manager


class OfKind(BlockManager):
    """The rows of the model's own kind."""

    def get_queryset(self) -> models.QuerySet[Block]:
        return super().get_queryset().filter(kind=KIND_OF[self.model])


class Proxy:
    proxy = True
    # Who may edit blocks may edit those of any kind.
    default_permissions = ()


class TextBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.TEXT.label


class KeyPointsBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.KEY_POINTS.label


class StepsBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.STEPS.label


class DoDontBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.DO_DONT.label


class UrgentBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.URGENT.label


class QuestionBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.FAQ.label


class TableBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.TABLE.label


class CallToActionBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.CALL_TO_ACTION.label


class FigureBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.FIGURE.label

    def __str__(self) -> str:
        return self.heading or self.alt or (str(self.image) if self.image else "")


class FragmentBlock(Block):
    objects: ClassVar[Any] = OfKind()

    class Meta(Proxy):
        verbose_name = Block.Kind.FRAGMENT.label

    def __str__(self) -> str:
        return str(self.fragment) if self.fragment else ""


KIND_OF: dict[type[Block], Block.Kind] = {
    TextBlock: Block.Kind.TEXT,
    KeyPointsBlock: Block.Kind.KEY_POINTS,
    StepsBlock: Block.Kind.STEPS,
    DoDontBlock: Block.Kind.DO_DONT,
    UrgentBlock: Block.Kind.URGENT,
    QuestionBlock: Block.Kind.FAQ,
    TableBlock: Block.Kind.TABLE,
    CallToActionBlock: Block.Kind.CALL_TO_ACTION,
    FigureBlock: Block.Kind.FIGURE,
    FragmentBlock: Block.Kind.FRAGMENT,
}

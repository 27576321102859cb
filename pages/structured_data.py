"""What search engines read of a page: one JSON-LD graph in the words of https://schema.org.

It says nothing that the page does not say, and nothing about ratings or testimonials, ever.
"""

import json
import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from pages.chrome import Identity
from pages.glossary import TAG
from pages.models import Page
from pages.rendering import Item, Reference, RenderedPage, Topic

Node = dict[str, Any]

ABOUT = {Page.Kind.CONDITION: "MedicalCondition", Page.Kind.TREATMENT: "MedicalTherapy"}
# What the page adds to the words: numbers of sources, and explanations that are folded away.
ADDED = re.compile(r'<sup class="citation">.*?</sup>|<span class="term-note".*?</span>', re.DOTALL)
BREAKING = re.compile(r"<(?=/?(?:p|li|h\d|tr|td|br)\b)")
# Nothing in the text can end the element that it stands in.
ESCAPES = {sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def graph(page: RenderedPage, clinic: Identity, topics: Iterable[Topic] = ()) -> SafeString:
    address = settings.SITE_URL + page.path
    nodes = [_page(page, address), _clinic(clinic)]
    if about := _about(page, address):
        nodes.append(about)
    if page.breadcrumbs:
        nodes.append(_breadcrumbs(page, address))
    questions = [item for section in page.sections for item in section.items]
    questions += [item for topic in topics for item in topic.items]
    if questions:
        nodes.append(_questions(questions, address))
    text = json.dumps(
        {"@context": "https://schema.org", "@graph": nodes},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    for sign, escaped in ESCAPES.items():
        text = text.replace(sign, escaped)
    return SafeString(text)  # nothing ends the element, see above


def _page(page: RenderedPage, address: str) -> Node:
    node: Node = {
        "@type": "MedicalWebPage" if page.is_clinical else "WebPage",
        "@id": f"{address}#page",
        "url": address,
        "name": page.title,
        "description": page.summary,
        "inLanguage": "en-CA",
        "dateModified": page.updated_on.isoformat(),
        "publisher": {"@id": _clinic_id()},
    }
    if page.kind in ABOUT:
        node["about"] = {"@id": f"{address}#about"}
    if page.breadcrumbs:
        node["breadcrumb"] = {"@id": f"{address}#breadcrumbs"}
    if page.share_image:
        node["primaryImageOfPage"] = {
            "@type": "ImageObject",
            "url": settings.SITE_URL + reverse("media", args=[page.share_image["file"]]),
        }
    if page.is_clinical and page.review and not page.waits_for_review and not page.open_parts:
        node["lastReviewed"] = page.review.reviewed_on.isoformat()
        node["reviewedBy"] = {
            "@type": "Person",
            "name": page.review.name,
            "jobTitle": page.review.title,
        }
    if page.references:
        node["citation"] = [_citation(reference) for reference in page.references]
    return node


def _citation(reference: Reference) -> Node:
    is_article = reference.url.startswith("https://doi.org/")
    node = {
        "@type": "ScholarlyArticle" if is_article else "CreativeWork",
        "name": reference.text,
    }
    return node | ({"url": reference.url} if reference.url else {})


def _about(page: RenderedPage, address: str) -> Node | None:
    if page.kind not in ABOUT:
        return None
    return {
        "@type": ABOUT[Page.Kind(page.kind)],
        "@id": f"{address}#about",
        "name": page.menu_title,
        "url": address,
    }


def _clinic_id() -> str:
    return f"{settings.SITE_URL}/#clinic"


def _clinic(clinic: Identity) -> Node:
    node = {
        "@type": "MedicalClinic",
        "@id": _clinic_id(),
        "name": clinic.name,
        "url": f"{settings.SITE_URL}/",
        "telephone": clinic.telephone_link.removeprefix("tel:"),
        "email": clinic.email,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": clinic.street,
            "addressLocality": clinic.city,
            "addressRegion": clinic.province,
            "postalCode": clinic.postal_code,
            "addressCountry": "CA",
        },
    }
    opening = _opening(clinic)
    return node | ({"openingHoursSpecification": opening} if opening else {})


def _opening(clinic: Identity) -> list[Node]:
    """Weekdays with the same hours together; nothing until the owner has confirmed them."""
    weekdays: dict[tuple[str, str], list[str]] = {}
    for weekday, opens, closes in clinic.opening:
        weekdays.setdefault((opens, closes), []).append(f"https://schema.org/{weekday}")
    return [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": of_these,
            "opens": opens,
            "closes": closes,
        }
        for (opens, closes), of_these in weekdays.items()
    ]


def _breadcrumbs(page: RenderedPage, address: str) -> Node:
    trail = [(link.label, settings.SITE_URL + link.path) for link in page.breadcrumbs]
    return {
        "@type": "BreadcrumbList",
        "@id": f"{address}#breadcrumbs",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": {"@id": target}}
            for number, (name, target) in enumerate([*trail, (page.menu_title, address)], start=1)
        ],
    }


def _questions(items: Iterable[Item], address: str) -> Node:
    return {
        "@type": "FAQPage",
        "@id": f"{address}#faq",
        "url": address,
        "isPartOf": {"@id": f"{address}#page"},
        "mainEntity": [
            {
                "@type": "Question",
                "name": item.heading,
                "url": f"{address}#{item.anchor}",
                "acceptedAnswer": {"@type": "Answer", "text": plain_text(item.body)},
            }
            for item in items
        ],
    }


def plain_text(html: str) -> str:
    """`html` is clean and well-formed."""
    words = BREAKING.sub(" <", ADDED.sub("", html))
    return " ".join(unescape(TAG.sub("", words)).split())

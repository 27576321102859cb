"""How the form's parts are marked up."""

import re

import pytest
from django.test import Client

from tests.pages.drafts import html_of

pytestmark = pytest.mark.django_db


def test_legend_names_the_checkbox_s_question_without_repeating_its_link(client: Client) -> None:
    html = html_of(client, "/request-a-consultation/")
    legends = re.findall(r"<legend[^>]*>(.*?)</legend>", html, re.DOTALL)
    assert "Privacy notice" in legends
    for legend in legends:
        assert "<a" not in legend
    # One stop for the keyboard, and read once.
    assert html.count("I have read") == 1

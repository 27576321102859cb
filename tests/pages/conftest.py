import pytest

from pages.content_files import Content, read_content
from pages.models import Clinic
from tests.pages.shipped import put_shipped


@pytest.fixture(scope="session")
def content() -> Content:
    return read_content()


@pytest.fixture
def clinic(db: None, content: Content) -> Clinic:
    clinic = Clinic(**content.clinic)
    clinic.save()
    return clinic


@pytest.fixture
def shipped(db: None, content: Content) -> Content:
    """The site as it is delivered."""
    put_shipped(content)
    return content
